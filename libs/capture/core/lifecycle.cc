// A connection's beginning, idle times and end.
#include "connection.h"
#include "core.h"

namespace hw {

namespace {

constexpr uint64_t kLengthIdleNs = 60ULL * 1000000000;  // a body of known length may pause this long

}  // namespace

Connection::~Connection() {
  for (Exchange& e : pending_) {
    if (e.request != nullptr) core_.freeMessage(e.request);
    if (e.response != nullptr) core_.freeMessage(e.response);
  }
  for (Message* m : orphans_) core_.freeMessage(m);
  for (Stream& s : stream_) {
    if (s.current != nullptr && (!s.current->headDone || s.current->detached)) core_.freeMessage(s.current);
    for (const Piece& p : s.held) core_.heldBytes -= sizeof(Piece) + p.at.cap;
  }
}

void Connection::onConn(const hw_conn& c) {
  if (!known_) who_ = c;
  known_ = true;
  if (c.ts_ns > lastNs_) lastNs_ = c.ts_ns;
}

void Connection::onClose(const hw_close& c) {
  closed_ = true;
  closeHow_ = c.how;
  for (int dir = 0; dir < 2; dir++) {
    Stream& s = stream_[dir];
    while (!s.held.empty()) {
      if (s.held.front().at.pos > s.expected) gap(s, s.held.front());
      release(s);
    }
    if (s.seen && s.state == StreamState::BODY && c.pos[dir] > s.expected) {
      Piece rest;  // lengths that no record told yet
      rest.at.ts_ns = c.last_ns[dir];
      const uint64_t n = c.pos[dir] - s.expected;
      s.expected = c.pos[dir];
      skipBytes(s, rest, n);
    }
  }
  abandon(nullptr);
}

const char* Connection::closeError(const Exchange& e) const {
  const bool reset = closeHow_ == HW_CLOSE_RST_RX || closeHow_ == HW_CLOSE_RST_TX;
  const Message* m = e.response;
  if (m == nullptr) return reset ? "connection_reset" : "connection_closed";
  if (m->malformed) return "malformed_response";
  if (m->ended) return nullptr;
  if (m->framing == Framing::UNKNOWN) return nullptr;
  if (!reset && m->framing == Framing::CLOSE) return nullptr;
  return reset ? "connection_reset" : "connection_closed";
}

void Connection::abandon(const char* error) {
  for (Stream& s : stream_) {
    while (!s.held.empty()) {
      if (s.held.front().at.pos > s.expected) gap(s, s.held.front());
      release(s);
    }
    Message* m = s.current;
    if (m != nullptr && !m->headDone) {
      core_.heldBytes -= m->bytes.size();
      if (m->counted) core_.account.filter(m->kind, F_TRUNCATED);
      core_.freeMessage(m);
    } else if (m != nullptr && m->framing == Framing::CHUNKED && m->kind == RESPONSE && closeHow_ == HW_CLOSE_FIN && (s.tailLen < 4 || (s.tail & 0xffffffff) == 0x0d0a0d0a)) {
      m->flags |= EF_TRAILER_UNSEEN;
      m->ended = true;
    }
    if (m != nullptr && m->headDone && m->detached) core_.freeMessage(m);
    s.current = nullptr;
    s.state = StreamState::LOST;
  }
  for (Exchange& e : pending_) {
    const char* why = e.response == nullptr && error != nullptr ? error : closeError(e);
    // after a loss, a request without a response may well have had one
    if (e.response == nullptr && (e.request->malformed || streamOf(RESPONSE).lossy)) {
      dropRequest(e, L_PEER_LOST);
      continue;
    }
    core_.emit(*this, e, why);
  }
  pending_.clear();
  settleOrphans(0, true);
}

void Connection::sweep(uint64_t now, bool all) {
  for (Stream& s : stream_) {
    while (!s.held.empty() && (all || now > s.held.front().heldSinceNs + core_.options.holdNs)) {
      if (s.held.front().at.pos > s.expected) gap(s, s.held.front());
      release(s);
    }
    Message* m = s.current;
    if (m == nullptr || !m->headDone) continue;
    const uint64_t idle = now > m->lastNs ? now - m->lastNs : 0;
    const uint64_t limit = m->framing == Framing::LENGTH ? kLengthIdleNs : core_.options.endInferredAfterMs * 1000000ULL;
    if (idle < limit && !(all && m->kind == RESPONSE && m->framing != Framing::LENGTH)) continue;
    uint32_t flags = EF_END_INFERRED;
    if (m->framing == Framing::CHUNKED && s.tailLen >= 4 && (s.tail & 0xffffffff) == 0x0d0a0d0a) flags |= EF_TRAILER_UNSEEN;
    const bool length = m->framing == Framing::LENGTH;
    endMessage(s, flags, false);
    if (length) lose(s);
  }
  settleOrphans(now, all);
  finish();
}

}  // namespace hw
