// One exchange as one row.
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core.h"
#include "glob.h"
#include "route.h"
#include "target.h"

namespace hw {

namespace {

int64_t span(uint64_t from, uint64_t to) { return to >= from ? static_cast<int64_t>(to - from) : -1; }

}  // namespace

// The server's name from the host header; a line that is known keeps its index for the open batch.
int32_t Core::hostIndex(const Message& q) {
  if (q.head.host < 0) return 0;
  const HeaderSpan& h = q.head.headers[static_cast<size_t>(q.head.host)];
  Line* line = h.line != nullptr && h.line->serial == h.serial ? h.line : nullptr;
  if (line != nullptr && line->hostEpoch == policy_.epoch()) return line->hostIndex;
  const int32_t index = batch_->dict.intern(hostOnly(view(q.bytes, h.value)));
  if (line != nullptr) {
    line->hostEpoch = policy_.epoch();
    line->hostIndex = index;
  }
  return index;
}

// Works out what a row says of the request line, into `t`.
void Core::readTarget(const Message& q, Start& t) {
  Dictionary& dict = batch_->dict;
  const std::string_view method = view(q.bytes, q.head.method);
  const Target target = splitTarget(method, view(q.bytes, q.head.target));
  if (!t.routed) routeTemplate(target.path, t.route);
  t.routed = true;
  t.methodIndex = dict.intern(method);
  t.schemeIndex = dict.intern(target.scheme);
  t.routeIndex = dict.intern(t.route);
  t.pathIndex = t.routeIndex;
  if (options.pathKeep()) {
    leavingPath(true, target.path, t.route, pathText_);
    t.pathIndex = dict.intern(pathText_);
  }
  t.queryIndex = 0;
  if (target.hasQuery && options.queryNames()) {
    pathText_.clear();
    queryNames(target.query, pathText_);
    t.queryIndex = dict.intern(pathText_);
  }
  t.hostIndex = target.hasHost ? dict.intern(target.host) : -1;
  t.epoch = policy_.epoch();
}

// Returns the route; valid until the next row.
std::string_view Core::writeTarget(const Message& q) {
  Batch& b = *batch_;
  Start* t = q.head.start != nullptr && q.head.start->serial == q.head.startSerial ? q.head.start : nullptr;
  if (t == nullptr) {
    t = &scratchStart_;
    t->routed = false;
    t->epoch = 0;
  }
  if (t->epoch != policy_.epoch()) readTarget(q, *t);
  b.put<int32_t>(C_HTTP_REQUEST_METHOD, t->methodIndex);
  b.put<int32_t>(C_URL_SCHEME, t->schemeIndex);
  b.put<int32_t>(C_HTTP_ROUTE, t->routeIndex);
  b.put<int32_t>(C_URL_PATH, t->pathIndex);
  b.put<int32_t>(C_URL_QUERY, t->queryIndex);
  b.put<int32_t>(C_SERVER_ADDRESS, t->hostIndex >= 0 ? t->hostIndex : hostIndex(q));
  return t->route;
}

void Core::writeAddresses(Connection& c) {
  Batch& b = *batch_;
  if (!c.known()) return;
  const hw_conn& w = c.who();
  const bool client = c.isClient();
  b.putSome<int32_t>(C_NETWORK_TRANSPORT, w.family == AF_UNIX ? fixed(W_UNIX, "unix") : fixed(W_TCP, "tcp"));
  if (w.family == AF_UNIX) return;
  b.putSome<uint16_t>(C_SERVER_PORT, client ? w.peer_port : w.local_port);
  if (!c.clientAddress.empty()) {
    if (c.clientEpoch != policy_.epoch()) {
      c.clientEpoch = policy_.epoch();
      c.clientIndex = b.dict.intern(c.clientAddress);
    }
    b.putSome<int32_t>(C_CLIENT_ADDRESS, c.clientIndex);
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
  policy_.address(text, isPublicAddress(a, v6), a, v6, c.clientAddress);
  b.putSome<int32_t>(C_CLIENT_ADDRESS, b.dict.intern(c.clientAddress));
}

// Mostly the same process and port row after row: kept for the open batch, and until more is known of processes.
const Core::Who& Core::whoIs(uint32_t tgid, uint16_t port, uint64_t ticks) {
  Who& w = who_[(tgid ^ port) & (kWho - 1)];
  if (w.epoch == policy_.epoch() && w.version == attribution.version() && w.tgid == tgid && w.port == port && w.ticks == ticks) return w;
  Dictionary& dict = batch_->dict;
  const Process& p = attribution.of(tgid, ticks);
  const Attribution::Names names = attribution.names(p);
  w.epoch = policy_.epoch();
  w.version = attribution.version();
  w.ticks = ticks;
  w.tgid = tgid;
  w.port = port;
  w.serviceText = attribution.service(p, port, options.services);
  w.service = dict.intern(w.serviceText);
  w.executable = dict.intern(p.executable);
  w.container = dict.intern(p.facts.container);
  w.pod = dict.intern(names.podUid);
  w.unit = dict.intern(p.facts.unit);
  w.containerName = dict.intern(names.container);
  w.podName = dict.intern(names.pod);
  w.space = dict.intern(names.space);
  return w;
}

namespace {

bool inside(const Peer& p, const uint8_t* address) {
  const size_t whole = p.bits / 8, rest = p.bits % 8;
  if (memcmp(p.prefix, address, whole) != 0) return false;
  return rest == 0 || ((p.prefix[whole] ^ address[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

}  // namespace

// The first network that holds the other side's address: the longest prefix stands first in the list.
void Core::writePeer(Connection& c) {
  if (options.peers.empty() || !c.known() || c.who().family == AF_UNIX) return;
  if (c.peerEpoch != policy_.epoch()) {
    c.peerEpoch = policy_.epoch();
    if (c.peerVersion != rulesVersion) {
      c.peerVersion = rulesVersion;
      c.peerName = nullptr;
      uint8_t address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      if (c.who().family == AF_INET6) memcpy(address, c.who().peer_addr, 16);
      else memcpy(address + 12, c.who().peer_addr, 4);
      const auto at = std::find_if(options.peers.begin(), options.peers.end(), [&](const Peer& p) { return inside(p, address); });
      if (at != options.peers.end()) c.peerName = &at->name;
    }
    c.peerIndex = c.peerName == nullptr ? 0 : batch_->dict.intern(*c.peerName);
  }
  batch_->putSome<int32_t>(C_SERVICE_PEER_NAME, c.peerIndex);
}

void Core::writeRow(Connection& c, Exchange& e, const char* error, Phase phase) {
  Batch& b = *batch_;
  const Message& q = *e.request;
  const Message* s = e.response != nullptr && !e.response->malformed ? e.response : nullptr;
  const bool qCut = (q.flags & EF_REQUEST_HEAD_TRUNCATED) != 0;
  uint32_t flags = q.flags | (e.response != nullptr ? e.response->flags : 0);
  if (e.interim) flags |= EF_INTERIM_SEEN;
  if (replay) flags |= EF_REPLAYED;
  if (!c.known()) flags |= EF_PEER_UNKNOWN;
  if (e.response != nullptr && e.response->malformed) flags |= EF_HEAD_MALFORMED;
  const uint16_t port = !c.known() ? 0 : c.isClient() ? c.who().peer_port : c.who().local_port;
  const Who& who = whoIs(q.tgid, port, c.startTicks(q.tgid));
  const bool whole = phase == Phase::COMPLETE;
  if (phase != Phase::END) e.ordinal = c.nextOrdinal();

  // an end counts where it happened, not where the exchange began
  b.put<int64_t>(C_START_TIME, unixNs(phase != Phase::END ? q.firstNs : std::max(q.lastNs, s->lastNs)));
  if (!whole) b.putSome<uint8_t>(C_HEADWATER_PHASE, static_cast<uint8_t>(phase));
  b.put<uint8_t>(C_HEADWATER_ROLE, c.isClient() ? 1 : 0);
  b.put<int32_t>(C_SERVICE_NAME, who.service);
  const std::string_view route = writeTarget(q);
  writeAddresses(c);
  const Message& versioned = s != nullptr ? *s : q;
  b.put<int32_t>(C_NETWORK_PROTOCOL_VERSION, versioned.head.minor == 0 ? fixed(W_1_0, "1.0") : fixed(W_1_1, "1.1"));
  b.put<uint16_t>(C_HTTP_RESPONSE_STATUS_CODE, s != nullptr ? s->head.status : 0);
  if (error != nullptr) b.putSome<int32_t>(C_ERROR_TYPE, b.dict.intern(error));
  // an early response began before the request's last byte: then there is no such span
  b.put<int64_t>(C_HEADWATER_TTFB_NS, s == nullptr || phase == Phase::END ? -1 : span(q.lastNs, s->firstNs));
  const bool open = phase == Phase::BEGIN;
  const bool sCut = s != nullptr && (s->flags & EF_RESPONSE_HEAD_TRUNCATED) != 0;
  b.put<int64_t>(C_HEADWATER_TOTAL_NS, s == nullptr || open ? -1 : span(q.firstNs, s->lastNs));
  b.put<int64_t>(C_HTTP_REQUEST_SIZE, open ? -1 : static_cast<int64_t>(q.headBytes + q.bodyBytes));
  b.put<int64_t>(C_HTTP_REQUEST_BODY_SIZE, qCut || open ? -1 : static_cast<int64_t>(q.bodyBytes));
  b.put<int64_t>(C_HTTP_RESPONSE_SIZE, s == nullptr || open ? -1 : static_cast<int64_t>(s->headBytes + s->bodyBytes));
  b.put<int64_t>(C_HTTP_RESPONSE_BODY_SIZE, s == nullptr || sCut || open ? -1 : static_cast<int64_t>(s->bodyBytes));
  bool fingerprinted = false;
  if (phase != Phase::END) {
    const RowContext row{who.serviceText, route, unixNs(q.firstNs) / 1000000000};
    fingerprinted = policy_.writeHeaders(b, REQUEST, q.bytes, q.head, row);
    if (s != nullptr) fingerprinted |= policy_.writeHeaders(b, RESPONSE, s->bytes, s->head, row);
    else b.lists[RESPONSE].endRow();
  } else {
    for (HeaderLists& l : b.lists) l.endRow();
  }

  b.put<uint32_t>(C_PROCESS_PID, q.tgid);
  b.put<int32_t>(C_PROCESS_EXECUTABLE_NAME, who.executable);
  b.put<int32_t>(C_CONTAINER_ID, who.container);
  b.put<int32_t>(C_K8S_POD_UID, who.pod);
  b.put<int32_t>(C_HEADWATER_UNIT, who.unit);
  b.put<int32_t>(C_CONTAINER_NAME, who.containerName);
  b.put<int32_t>(C_K8S_POD_NAME, who.podName);
  b.put<int32_t>(C_K8S_NAMESPACE_NAME, who.space);
  writePeer(c);
  b.put<uint32_t>(C_HEADWATER_NETNS, c.who().netns_ino);
  b.put<uint64_t>(C_HEADWATER_CONNECTION, c.cookie());
  b.put<uint32_t>(C_HEADWATER_ORDINAL, e.ordinal);
  b.put<uint32_t>(C_HEADWATER_SRTT_US, c.srttUs());
  b.put<uint32_t>(C_HEADWATER_RETRANSMITS, c.retransmits());
  if (s != nullptr && s->head.contentType >= 0 && view(s->bytes, s->head.headers[static_cast<size_t>(s->head.contentType)].value).starts_with("application/grpc"))
    b.putSome<int32_t>(C_RPC_SYSTEM, fixed(W_GRPC, "grpc"));
  b.put<int32_t>(C_RPC_GRPC_STATUS_CODE, -1);
  b.put<uint32_t>(C_HEADWATER_WEIGHT, e.weight);
  b.put<int32_t>(C_HEADWATER_POLICY, fixed(W_POLICY, policy_.text()));
  if (fingerprinted) b.putSome<int32_t>(C_HEADWATER_KEY_ID, fixed(W_KEY_ID, policy_.fingerprint().keyId()));
  b.put<uint32_t>(C_HEADWATER_FLAGS, flags);
  b.rows++;
}

}  // namespace hw
