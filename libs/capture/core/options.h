// What JavaScript validated and hands over; plain values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hw {

enum Action : uint8_t { A_KEEP = 0, A_PRESENCE = 1, A_HASH = 2, A_MASK = 3, A_SUMMARY = 4, A_DROP = 5 };  // 0..4: HEADER_ACTIONS

struct Rule {
  std::string header, service, route;  // globs; empty service/route: any
  int direction = -1;                  // Kind, -1 both
  Action action = A_PRESENCE;
};

struct ServiceRule {
  std::string service, exe, cgroup;
  int port = -1;
};

enum class AddressMode : uint8_t { KEEP, TRUNCATE, HASH };  // from the least to the most strict

// Which exchanges a filter is about: all that is given must hold.
struct ExchangeMatch {
  std::vector<std::string> methods;
  std::vector<uint16_t> statuses;  // 0: no response
  uint8_t classes = 0;             // bit n: nxx
  std::string host, path, service;  // globs
  int role = -1;                   // 0 server, 1 client
  std::vector<uint16_t> ports;
  std::string header, headerValue;  // the value is a glob
  bool hasHeaderValue = false;
  int headerDirection = -1;        // Kind, -1 both
  int64_t slowerThanMs = -1;
};

struct LogFilter {
  ExchangeMatch match;
  uint32_t oneIn = 1;  // 0: none
};

struct PolicyLayer {
  std::string id = "default";
  uint32_t version = 1;
  std::vector<Rule> rules;
  bool pathKeep = false, queryNames = false;
  AddressMode clientAddress = AddressMode::TRUNCATE;
  std::vector<LogFilter> filters;
  uint32_t keepSlowerThanMs = 1000;
};

struct Key {
  std::string id, bytes;  // 32 raw bytes, empty = no fingerprints
};

// A network of other sides. IPv4 as ::ffff:a.b.c.d with 96 more bits; the longest prefix stands first in the list.
struct Peer {
  uint8_t prefix[16] = {};
  uint8_t bits = 0;
  std::string name;
};

// What may change while a capture runs (Core::reconfigure).
struct Rules {
  PolicyLayer policy;
  bool narrowed = false;
  PolicyLayer narrowing;  // counts only while `narrowed`, and only where it is the stricter one
  Key key, previousKey;
  std::vector<ServiceRule> services;
  std::vector<Peer> peers;

  bool pathKeep() const { return policy.pathKeep && (!narrowed || narrowing.pathKeep); }
  bool queryNames() const { return policy.queryNames && (!narrowed || narrowing.queryNames); }
  AddressMode clientAddress() const { return narrowed && narrowing.clientAddress > policy.clientAddress ? narrowing.clientAddress : policy.clientAddress; }
};

struct Options : Rules {
  uint32_t maxRows = 2000, maxBytes = 900000, lingerMs = 250;
  uint64_t reassemblyMaxBytes = 64u << 20;
  uint32_t endInferredAfterMs = 1000;
  uint64_t sampleSeed = 0;  // 0: from the kernel; tests choose one
  // Bounds that are not settings of a user; tests make them small.
  uint32_t headMax = 65536, maxConnections = 65536, maxPending = 256, maxHeldRecords = 128, readyBatches = 32;
  uint64_t holdNs = 50000000;  // how long a record may wait for an earlier one of its stream
};

}  // namespace hw
