// The parts of a request target (RFC 9112 section 3.2), and what of them may leave.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hw {

struct Target {
  std::string_view host, scheme, path, query;  // host: of the target's own authority, without port
  bool hasHost = false, hasQuery = false;
};

Target splitTarget(std::string_view method, std::string_view target);

// host[:port], [v6]:port or user@host; only the host.
std::string_view hostOnly(std::string_view authority);

// url.path: the route template, or, with `keep`, the path without its matrix parameters and with {opaque} and {hex} in
// place of segments that may be tokens.
void leavingPath(bool keep, std::string_view path, std::string_view route, std::string& out);

// Names of query parameters joined by "&", values cut.
void queryNames(std::string_view query, std::string& out);

// Is this an address of the public internet?
bool isPublicAddress(const uint8_t* address, bool v6);

}  // namespace hw
