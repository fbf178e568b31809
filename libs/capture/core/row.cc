// One exchange as one row.
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core.h"
#include "glob.h"
#include "route.h"

namespace hw {

namespace {

std::string_view headerValue(const Message& m, std::string_view name) {
  for (const HeaderSpan& h : m.head.fields()) {
    if (h.name.len != name.size()) continue;
    const std::string_view n = view(m.bytes, h.name);
    if (std::equal(n.begin(), n.end(), name.begin(), [](char a, char b) { return lower(a) == b; })) return view(m.bytes, h.value);
  }
  return {};
}

// host[:port], [v6]:port or user@host; only the host.
std::string_view hostOnly(std::string_view authority) {
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority[0] == '[') return authority.substr(1, authority.find(']') == std::string_view::npos ? std::string_view::npos : authority.find(']') - 1);
  return authority.substr(0, std::min<size_t>(authority.find(':'), 255));
}

bool isPublic4(const uint8_t* a) {
  return !(a[0] == 10 || a[0] == 127 || a[0] == 0 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254) ||
           (a[0] == 100 && (a[1] & 0xc0) == 64));
}

bool isPublic6(const uint8_t* a) {
  static constexpr uint8_t kZero[15] = {};
  if (memcmp(a, kZero, 15) == 0) return false;  // :: and ::1
  return !((a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80));
}

void queryNames(std::string_view query, std::string& out) {
  size_t names = 0;
  while (!query.empty() && names < 32) {
    const size_t amp = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, amp);
    const size_t eq = pair.find('=');
    if (!pair.empty()) {
      if (names++ > 0) out += '&';
      // a bare word may be a value (?token), so only words in front of '=' are names
      if (eq == std::string_view::npos) out += "{opaque}";
      else out += pair.substr(0, std::min<size_t>(eq, 64));
    }
    if (amp == std::string_view::npos) break;
    query.remove_prefix(amp + 1);
  }
}

int64_t span(uint64_t from, uint64_t to) { return to >= from ? static_cast<int64_t>(to - from) : -1; }

}  // namespace

void Core::writeTarget(Connection& c, const Message& q) {
  Batch& b = *batch_;
  const std::string_view method = view(q.bytes, q.head.method);
  std::string_view target = view(q.bytes, q.head.target), host, scheme = "http";
  if (method == "CONNECT") {
    host = target;
    target = {};
  } else if (!target.empty() && target[0] != '/' && target != "*") {
    const size_t sep = target.find("://");
    if (sep != std::string_view::npos) {  // absolute form, RFC 9112 3.2.2
      if (sep == 5 && lower(target[4]) == 's') scheme = "https";
      target.remove_prefix(sep + 3);
      const size_t slash = target.find_first_of("/?#");
      host = target.substr(0, slash);
      target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
  }
  if (host.empty()) host = headerValue(q, "host");
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  routeTemplate(path.empty() && mark == 0 ? std::string_view("/") : path, routeText_);
  const int32_t route = b.dict.intern(routeText_);
  b.put<int32_t>(C_HTTP_REQUEST_METHOD, b.dict.intern(method));
  b.put<int32_t>(C_URL_SCHEME, b.dict.intern(scheme));
  b.put<int32_t>(C_HTTP_ROUTE, route);
  b.put<int32_t>(C_URL_PATH, options.pathKeep ? b.dict.intern(path.substr(0, 4096)) : route);
  if (options.queryNames && mark != std::string_view::npos) {
    pathText_.clear();
    queryNames(target.substr(mark + 1), pathText_);
    b.put<int32_t>(C_URL_QUERY, b.dict.intern(pathText_));
  }
  b.put<int32_t>(C_SERVER_ADDRESS, b.dict.intern(hostOnly(host)));
  (void)c;
}

void Core::writeAddresses(Connection& c, const Message& q) {
  Batch& b = *batch_;
  (void)q;
  if (!c.known()) return;
  const hw_conn& w = c.who();
  const bool client = c.isClient();
  b.put<int32_t>(C_NETWORK_TRANSPORT, b.dict.intern(w.family == AF_UNIX ? "unix" : "tcp"));
  if (w.family == AF_UNIX) return;
  b.put<uint16_t>(C_SERVER_PORT, client ? w.peer_port : w.local_port);
  if (!c.clientAddress.empty()) {
    b.put<int32_t>(C_CLIENT_ADDRESS, b.dict.intern(c.clientAddress));
    return;
  }
  const uint8_t* a = client ? w.local_addr : w.peer_addr;
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  bool v6 = w.family == AF_INET6;
  if (v6 && memcmp(a, kMapped, 12) == 0) {
    a += 12;
    v6 = false;
  }
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(v6 ? AF_INET6 : AF_INET, a, text, sizeof text) == nullptr) return;
  policy_.address(text, v6 ? isPublic6(a) : isPublic4(a), a, v6, c.clientAddress);
  b.put<int32_t>(C_CLIENT_ADDRESS, b.dict.intern(c.clientAddress));
}

void Core::writeRow(Connection& c, Exchange& e, const char* error) {
  Batch& b = *batch_;
  const Message& q = *e.request;
  const Message* s = e.response != nullptr && !e.response->malformed ? e.response : nullptr;
  const bool qCut = (q.flags & EF_REQUEST_HEAD_TRUNCATED) != 0;
  uint32_t flags = q.flags | (e.response != nullptr ? e.response->flags : 0);
  if (e.interim) flags |= EF_INTERIM_SEEN;
  if (replay) flags |= EF_REPLAYED;
  if (!c.known()) flags |= EF_PEER_UNKNOWN;
  if (e.response != nullptr && e.response->malformed) flags |= EF_HEAD_MALFORMED;
  const Process& process = attribution.of(q.tgid);
  const uint16_t port = !c.known() ? 0 : c.isClient() ? c.who().peer_port : c.who().local_port;
  const std::string_view service = attribution.service(process, port, options.services);

  b.put<int64_t>(C_START_TIME, unixNs(q.firstNs));
  b.put<uint8_t>(C_HEADWATER_ROLE, c.isClient() ? 1 : 0);
  b.put<int32_t>(C_SERVICE_NAME, b.dict.intern(service));
  writeTarget(c, q);
  writeAddresses(c, q);
  const Message& versioned = s != nullptr ? *s : q;
  b.put<int32_t>(C_NETWORK_PROTOCOL_VERSION, b.dict.intern(versioned.head.minor == 0 ? "1.0" : "1.1"));
  b.put<uint16_t>(C_HTTP_RESPONSE_STATUS_CODE, s != nullptr ? s->head.status : 0);
  if (error != nullptr) b.put<int32_t>(C_ERROR_TYPE, b.dict.intern(error));
  // an early response began before the request's last byte: then there is no such span
  b.put<int64_t>(C_HEADWATER_TTFB_NS, s == nullptr ? -1 : span(q.lastNs, s->firstNs));
  b.put<int64_t>(C_HEADWATER_TOTAL_NS, s == nullptr ? -1 : span(q.firstNs, s->lastNs));
  b.put<int64_t>(C_HTTP_REQUEST_SIZE, static_cast<int64_t>(q.headBytes + q.bodyBytes));
  b.put<int64_t>(C_HTTP_REQUEST_BODY_SIZE, qCut ? -1 : static_cast<int64_t>(q.bodyBytes));
  if (s != nullptr) {
    const bool cut = (s->flags & EF_RESPONSE_HEAD_TRUNCATED) != 0;
    b.put<int64_t>(C_HTTP_RESPONSE_SIZE, static_cast<int64_t>(s->headBytes + s->bodyBytes));
    b.put<int64_t>(C_HTTP_RESPONSE_BODY_SIZE, cut ? -1 : static_cast<int64_t>(s->bodyBytes));
  } else {
    b.put<int64_t>(C_HTTP_RESPONSE_SIZE, -1);
    b.put<int64_t>(C_HTTP_RESPONSE_BODY_SIZE, -1);
  }
  const RowContext row{service, routeText_, unixNs(q.firstNs) / 1000000000};
  bool fingerprinted = policy_.writeHeaders(b, REQUEST, q.bytes, q.head, row);
  if (s != nullptr) fingerprinted |= policy_.writeHeaders(b, RESPONSE, s->bytes, s->head, row);
  else b.lists[RESPONSE].endRow();

  b.put<uint32_t>(C_PROCESS_PID, q.tgid);
  if (&process != lastProcess_) {  // mostly the same process row after row, within one batch
    lastProcess_ = &process;
    processIndex_[0] = b.dict.intern(process.executable);
    processIndex_[1] = b.dict.intern(process.facts.container);
    processIndex_[2] = b.dict.intern(process.facts.pod);
    processIndex_[3] = b.dict.intern(process.facts.unit);
  }
  b.put<int32_t>(C_PROCESS_EXECUTABLE_NAME, processIndex_[0]);
  b.put<int32_t>(C_CONTAINER_ID, processIndex_[1]);
  b.put<int32_t>(C_K8S_POD_UID, processIndex_[2]);
  b.put<int32_t>(C_HEADWATER_UNIT, processIndex_[3]);
  b.put<uint64_t>(C_HEADWATER_CONNECTION, c.cookie());
  b.put<uint32_t>(C_HEADWATER_ORDINAL, c.nextOrdinal());
  b.put<uint32_t>(C_HEADWATER_SRTT_US, s != nullptr ? s->srttUs : q.srttUs);
  b.put<uint32_t>(C_HEADWATER_RETRANSMITS, s != nullptr ? s->retransmits : q.retransmits);
  if (s != nullptr && headerValue(*s, "content-type").substr(0, 16) == "application/grpc") b.put<int32_t>(C_RPC_SYSTEM, b.dict.intern("grpc"));
  b.put<int32_t>(C_RPC_GRPC_STATUS_CODE, -1);
  b.put<uint32_t>(C_HEADWATER_WEIGHT, 1);
  b.put<int32_t>(C_HEADWATER_POLICY, policyIndex_ == 0 ? policyIndex_ = b.dict.intern(policy_.text()) : policyIndex_);
  if (fingerprinted || !policy_.fingerprint().keyId().empty()) b.put<int32_t>(C_HEADWATER_KEY_ID, fingerprinted ? b.dict.intern(policy_.fingerprint().keyId()) : 0);
  b.put<uint32_t>(C_HEADWATER_FLAGS, flags);
  b.rows++;
}

}  // namespace hw
