// A connection's beginning, idle times and end.
#include "connection.h"
#include "core.h"

namespace hw {

namespace {

constexpr uint64_t kLongNs = 10ULL * 1000000000;  // an answer under way for longer is told in two rows
constexpr uint64_t kGivenUp = 60;                 // times endInferredAfterMs: silence that ends an exchange

bool openEnded(Framing f) { return f == Framing::CHUNKED || f == Framing::CLOSE || f == Framing::UNKNOWN; }

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
  if (!known_) {
    who_ = c;
    startTicks_ = c.start_ns / Attribution::kTickNs;
  }
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
    if (s.state == StreamState::TUNNEL) {
      if (s.seen && c.pos[dir] > s.expected) s.expected = c.pos[dir];
      if (c.last_ns[dir] > lastNs_) lastNs_ = c.last_ns[dir];
    } else if (s.seen && s.state == StreamState::BODY && c.pos[dir] > s.expected) {
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
  if (e.tunnel) return reset ? "connection_reset" : nullptr;
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
      m = nullptr;
    } else if (m != nullptr && m->framing == Framing::CHUNKED && m->kind == RESPONSE && closeHow_ == HW_CLOSE_FIN && (s.tailLen < 4 || (s.tail & 0xffffffff) == 0x0d0a0d0a)) {
      m->flags |= EF_TRAILER_UNSEEN;
      m->ended = true;
    }
    if (m != nullptr && m->headDone && m->detached) core_.freeMessage(m);
    else if (m != nullptr) m->inferred = false;
    s.current = nullptr;
    s.state = StreamState::LOST;
  }
  for (Exchange& e : pending_) {
    if (e.tunnel && !e.response->ended) endTunnel(e, 0);
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
    if (m == nullptr || !m->headDone || m->ended) continue;
    if (silent(m->lastNs, now, kGivenUp) || (all && m->kind == RESPONSE && openEnded(m->framing))) inferEnd(s);
  }
  if (!pending_.empty()) beginOrEndFirst(now, all);
  settleOrphans(now, all);
  finish();
}

bool Connection::silent(uint64_t since, uint64_t now, uint64_t times) const { return now >= since + times * core_.options.endInferredAfterMs * 1000000ULL; }

// Exchanges leave in order, so only the first may begin. At the end every one that began also ends.
void Connection::beginOrEndFirst(uint64_t now, bool all) {
  Exchange& e = pending_.front();
  if (e.response == nullptr || e.response->malformed) return;
  if (e.tunnel && !e.response->ended && (all || silent(lastNs_, now, kGivenUp))) endTunnel(e, EF_END_INFERRED);
  if (e.begun) {
    for (Stream& s : stream_)
      if (all && s.current != nullptr && !s.current->ended && (s.current == e.request || s.current == e.response)) inferEnd(s);
    return;
  }
  if (e.response->ended && e.request->ended) return;
  bool due = now >= e.response->firstNs + kLongNs;
  for (const Message* m : {e.request, e.response})
    if (!m->ended && openEnded(m->framing) && silent(m->lastNs, now, 1)) due = true;
  if (due) begin(e);
}

}  // namespace hw
