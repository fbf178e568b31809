// Which response answers which request. On an intact connection: the n-th final response answers the n-th request
// (RFC 9112 section 9.3). After a loss the kernel's numbers say how many starts are missing, but some of those may have
// been interim responses or bodies that looked like starts; until two exchanges in a row proved the count again, a pair
// counts only if nothing else was unanswered at the time. Never by the order in the ring.
#include "connection.h"
#include "core.h"

namespace hw {

namespace {

// On the client's side the hook behind a send can run after the answer was read on another CPU.
constexpr uint64_t kClientSlackNs = 5000000;
constexpr uint8_t kProofs = 2;

}  // namespace

Exchange* Connection::waiting() {
  for (Exchange& e : pending_)
    if (e.response == nullptr) return &e;
  return nullptr;
}

void Connection::unsure(uint64_t lostStarts, Kind k) {
  (k == REQUEST ? requestIndex_ : responseIndex_) += lostStarts;
  unsure_ = kProofs;
  lossy_ = true;
}

void Connection::dropRequest(Exchange& e, Lost why) {
  Message* q = e.request;
  if (q->counted) core_.account.lose(REQUEST, why);
  for (Stream& s : stream_)
    if (s.current == q) {
      s.current = nullptr;
      lose(s);
    }
  core_.freeMessage(q);
}

void Connection::acceptRequest(Message* m) {
  Stream& s = streamOf(REQUEST);
  if (m->framing == Framing::NONE) endMessage(s, 0, true);
  settleOrphans(core_.nowNs, false);
  anyRequest_ = true;
  uint64_t index = ++requestIndex_;
  if (responseIndex_ >= index) {
    // A server cannot be ahead of its client: unless its answer to this one waits, the count is behind.
    bool waits = false;
    for (const Message* r : orphans_) waits |= r->index == index && m->firstNs <= r->firstNs + (isClient() ? kClientSlackNs : 0);
    if (!waits) index = requestIndex_ = responseIndex_ + 1;
  } else if (unsure_ > 0 && !pipelined_) {
    // One at a time: a request that a response came after is settled, whatever the numbers say.
    size_t stale = 0;
    while (stale < pending_.size() && pending_[stale].response == nullptr && pending_[stale].request->firstNs < lastResponseNs_ && lastResponseNs_ < m->firstNs) stale++;
    for (size_t i = 0; i < stale; i++) dropRequest(pending_[i], L_RESYNC);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<long>(stale));
    if (stale > 0 && waiting() == nullptr) responseIndex_ = index - 1;
  }
  m->index = index;
  if (pending_.size() >= core_.options.maxPending) {
    core_.account.lose(REQUEST, L_PENDING_CAP);
    if (s.current == m) {
      s.current = nullptr;
      lose(s);
    }
    core_.freeMessage(m);
    unsure(0, REQUEST);
    return;
  }
  const bool others = waiting() != nullptr;
  if (others && unsure_ == 0) pipelined_ = true;
  pending_.push_back({m, nullptr, others && unsure_ > 0, false});
  for (size_t i = 0; i < orphans_.size(); i++) {
    if (orphans_[i]->index != index || !match(orphans_[i])) continue;
    orphans_.erase(orphans_.begin() + static_cast<long>(i));
    break;
  }
}

void Connection::acceptResponse(Message* m) {
  m->index = ++responseIndex_;
  lastResponseNs_ = m->firstNs;
  Stream& s = streamOf(RESPONSE);
  // answered out of turn: those in front had their responses lost
  size_t passed = 0;
  while (passed < pending_.size() && pending_[passed].response == nullptr && pending_[passed].request->index < m->index) passed++;
  if (passed > 0) {
    for (size_t i = 0; i < passed; i++) dropRequest(pending_[i], L_PEER_LOST);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<long>(passed));
  }
  if (m->framing == Framing::NONE && s.current == m) endMessage(s, 0, true);
  if (!match(m)) orphans_.push_back(m);
}

bool Connection::match(Message* m) {
  size_t i = 0;
  while (i < pending_.size() && pending_[i].response != nullptr) i++;
  if (i == pending_.size() || pending_[i].request->index != m->index) return false;
  Exchange& e = pending_[i];
  if (e.request->firstNs > m->firstNs + (isClient() && unsure_ == 0 ? kClientSlackNs : 0)) return false;
  if (unsure_ > 0) {
    size_t unanswered = 0;
    for (const Exchange& x : pending_) unanswered += x.response == nullptr;
    if (unanswered > 1 || e.doubtful) {
      dropRequest(e, L_RESYNC);
      pending_.erase(pending_.begin() + static_cast<long>(i));
      return false;
    }
    unsure_--;
  }
  matched(i, m);
  return true;
}

void Connection::matched(size_t i, Message* m) {
  Exchange& e = pending_[i];
  e.response = m;
  Stream& s = streamOf(RESPONSE);
  const std::string_view method = view(e.request->bytes, e.request->head.method);
  const uint16_t status = m->head.status;
  const bool toTunnel = status == 101 || (method == "CONNECT" && status >= 200 && status < 300);
  if (s.current == m && (method == "HEAD" || toTunnel)) {
    m->bodyBytes = 0;
    m->framing = Framing::NONE;
    endMessage(s, 0, true);
  }
  if (!e.request->ended && e.request->framing != Framing::UNKNOWN) e.request->flags |= EF_EARLY_RESPONSE;
  if (toTunnel) {
    m->flags |= EF_UPGRADED;
    Stream& q = streamOf(REQUEST);
    if (q.current == e.request) endMessage(q, 0, true);
    tunnel();
  }
}

void Connection::tunnel() {
  for (Stream& s : stream_) s.state = StreamState::TUNNEL;
}

// A response without a request: kept for a moment (its request may lie in a later record), then counted out.
void Connection::settleOrphans(uint64_t nowNs, bool all) {
  for (size_t i = 0; i < orphans_.size();) {
    Message* m = orphans_[i];
    if (!all && nowNs < m->firstNs + core_.options.holdNs) {
      i++;
      continue;
    }
    orphan(m);
    orphans_.erase(orphans_.begin() + static_cast<long>(i));
  }
}

void Connection::orphan(Message* m) {
  if (m->malformed) core_.account.filter(RESPONSE, F_MALFORMED);
  else if (lossy_) core_.account.lose(RESPONSE, L_PEER_LOST);
  else if (mid_ && !anyRequest_) core_.account.filter(RESPONSE, F_MID_CONNECTION);
  else core_.account.filter(RESPONSE, F_UNSOLICITED);
  for (Stream& s : stream_)
    if (s.current == m) {
      s.current = nullptr;
      if (s.state == StreamState::BODY) lose(s);
    }
  core_.freeMessage(m);
}

// Sends what is whole, in order.
void Connection::finish() {
  while (!pending_.empty()) {
    Exchange& e = pending_.front();
    if (e.response == nullptr || !e.response->ended || !e.request->ended) return;
    core_.emit(*this, e, e.response->malformed ? "malformed_response" : nullptr);
    pending_.erase(pending_.begin());
  }
}

}  // namespace hw
