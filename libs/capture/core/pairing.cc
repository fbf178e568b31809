// Which response answers which request: the n-th final response answers the n-th request (RFC 9112 section 9.3), as long
// as nothing is missing. When something may be (a loss, a start that could not be believed), the connection is in doubt:
// requests from then on are counted out, until turn-taking proves a fresh beginning: a request that begins after a
// response which itself began at or after the doubt, with no other request in between. A connection that was seen to pipeline
// cannot prove that and stays in doubt. So after a loss an exchange or two more are counted lost, but none is wrong.
#include "connection.h"
#include "core.h"

namespace hw {

namespace {

// On the client's side the hook behind a send can run after the answer was read on another CPU.
constexpr uint64_t kClientSlackNs = 5000000;

}  // namespace

Exchange* Connection::waiting() {
  for (Exchange& e : pending_)
    if (e.response == nullptr) return &e;
  return nullptr;
}

void Connection::doubt(Kind k, uint64_t ns) {
  doubt_ = lossy_ = true;
  if (ns > doubtNs_) doubtNs_ = ns;
  // what was asked before will be answered all the same; what waits for its request waits for the missing one
  if (k == REQUEST) return settleOrphans(0, true);
  size_t kept = 0;
  while (kept < pending_.size() && pending_[kept].response != nullptr) kept++;
  for (size_t i = kept; i < pending_.size(); i++) dropRequest(pending_[i], L_PEER_LOST);
  pending_.resize(kept);
}

// A message that is resolved already but whose body still frames its stream.
void Connection::letGo(Message* m) {
  m->counted = false;
  for (Stream& s : stream_)
    if (s.current == m) {
      m->detached = true;
      return;
    }
  core_.freeMessage(m);
}

// A response nobody is known to have asked for: it may have answered HEAD, so its fields do not say whether a body
// follows. The next start is believed when a request waits for it, or when nothing is paired anyway.
void Connection::dropResponse(Message* m) {
  if (!m->malformed && m->head.status == 101) {
    for (Stream& t : stream_)
      if (t.current == nullptr) t.state = StreamState::TUNNEL;
  } else if (streamOf(RESPONSE).current == m) {
    m->framing = Framing::UNKNOWN;
  }
  letGo(m);
}

void Connection::dropRequest(Exchange& e, Lost why) {
  if (e.request->counted) core_.account.lose(REQUEST, why);
  letGo(e.request);
}

void Connection::acceptRequest(Message* m) {
  Stream& s = streamOf(REQUEST);
  settleOrphans(core_.nowNs, false);
  anyRequest_ = true;
  const bool turn = lastFinalNs_ > lastStartNs_ || lastStartNs_ == 0;
  const bool fresh = !pipelined_ && turn && lastFinalNs_ >= doubtNs_ && lastFinalNs_ < m->firstNs;
  if (m->firstNs > lastStartNs_) lastStartNs_ = m->firstNs;
  if (doubt_ && fresh) {
    doubt_ = false;
    m->flags |= EF_RESYNC;
    settleOrphans(0, true);
  }
  const bool full = pending_.size() >= core_.options.maxPending;
  if (doubt_ || full) {
    core_.account.lose(REQUEST, full ? L_PENDING_CAP : L_RESYNC);
    letGo(m);
    if (full) doubt(REQUEST, m->firstNs);
    if (m->framing == Framing::NONE && s.current == m) endMessage(s, 0, true);
    return;
  }
  if (m->framing == Framing::NONE && s.current == m) endMessage(s, 0, true);
  const bool next = waiting() == nullptr;
  pending_.push_back({m, nullptr, false});
  if (next && !orphans_.empty() && match(orphans_.front())) orphans_.erase(orphans_.begin());
}

// Did bytes pass on the requests' side that nobody could walk? What was asked in there may be answered.
bool Connection::requestsUnseen() const {
  const Stream& s = stream_[requestDir_];
  if (s.state == StreamState::LOST || (s.state == StreamState::BETWEEN && !s.proven)) return true;
  const Message* m = s.current;
  return s.state == StreamState::BODY && m != nullptr && (m->framing == Framing::UNKNOWN || (m->framing == Framing::CHUNKED && !s.walk.walkable()));
}

void Connection::acceptResponse(Message* m) {
  Stream& s = streamOf(RESPONSE);
  lastFinalNs_ = m->firstNs;
  if (m->framing == Framing::NONE && s.current == m) endMessage(s, 0, true);
  if (match(m)) return;
  if (!doubt_) {
    if (requestsUnseen()) lossy_ = true;
    return orphans_.push_back(m);
  }
  core_.account.lose(RESPONSE, L_PEER_LOST);
  dropResponse(m);
}

bool Connection::match(Message* m) {
  Exchange* e = waiting();
  if (e == nullptr || e->request->firstNs > m->firstNs + (isClient() ? kClientSlackNs : 0)) return false;
  e->response = m;
  if (e->request->malformed) {  // the answer to what was no request
    core_.account.filter(RESPONSE, F_UNSOLICITED);
    core_.freeMessage(e->request);
    letGo(m);
    pending_.erase(pending_.begin() + (e - pending_.data()));
    return true;
  }
  matched(*e);
  return true;
}

void Connection::matched(Exchange& e) {
  Message* m = e.response;
  if (const Exchange* later = waiting(); later != nullptr && later->request->firstNs < m->firstNs) pipelined_ = true;
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
  if (toTunnel) startTunnel(e);
}

// From here on both streams are the exchange's; what was sent in hope of it belongs to it as well.
void Connection::startTunnel(Exchange& e) {
  e.tunnel = true;
  e.response->flags |= EF_UPGRADED;
  e.response->ended = false;
  Stream& q = streamOf(REQUEST);
  const auto behind = pending_.begin() + (&e - pending_.data()) + 1;
  for (auto i = behind; i != pending_.end(); ++i) {
    if (i->request->counted) core_.account.filter(REQUEST, F_TUNNEL);
    letGo(i->request);
  }
  pending_.erase(behind, pending_.end());
  Message* m = q.current;
  if (m == e.request) endMessage(q, 0, true);
  else if (m != nullptr && m->headDone) endMessage(q, 0, true);
  else if (m != nullptr) dropHead(q);
  for (Stream& t : stream_) t.state = StreamState::TUNNEL;
}

// The bytes both ways are what the streams carried behind the heads.
void Connection::endTunnel(Exchange& e, uint32_t flags) {
  for (Message* m : {e.request, e.response}) {
    const uint64_t from = m->startPos + m->headBytes, to = streamOf(m->kind).expected;
    m->bodyBytes = to > from ? to - from : 0;
  }
  if (lastNs_ > e.response->lastNs) e.response->lastNs = lastNs_;
  e.response->flags |= flags;
  e.response->ended = true;
}

// A response without a request: kept for a moment (its request may lie in a later record), then counted out.
void Connection::settleOrphans(uint64_t nowNs, bool all) {
  for (size_t i = 0; i < orphans_.size();) {
    Message* m = orphans_[i];
    if (!all && nowNs < m->firstNs + core_.options.holdNs) {
      i++;
      continue;
    }
    if (m->malformed) core_.account.filter(RESPONSE, F_MALFORMED);
    else if (lossy_) core_.account.lose(RESPONSE, L_PEER_LOST);
    else if (mid_ && !anyRequest_) core_.account.filter(RESPONSE, F_MID_CONNECTION);
    else core_.account.filter(RESPONSE, F_UNSOLICITED);
    dropResponse(m);
    orphans_.erase(orphans_.begin() + static_cast<long>(i));
  }
}

// What may go on for hours is told with its head.
bool Connection::beginsWithHead(const Exchange& e) const {
  if (e.tunnel) return true;
  const Message& s = *e.response;
  if (s.ended || s.malformed || s.head.contentType < 0) return false;
  constexpr std::string_view kStream = "text/event-stream";
  const std::string_view type = view(s.bytes, s.head.headers[static_cast<size_t>(s.head.contentType)].value);
  return type.size() >= kStream.size() && sameName(type.substr(0, kStream.size()), kStream) && (type.size() == kStream.size() || type[kStream.size()] == ';' || type[kStream.size()] == ' ');
}

void Connection::begin(Exchange& e) {
  core_.begin(*this, e);
  e.begun = true;
  e.request->counted = e.response->counted = false;
}

// Called when an exchange was written or counted out.
void Connection::giveBack(Message* m) {
  if (!m->inferred) return core_.freeMessage(m);
  m->counted = false;
  m->detached = true;
}

// Sends what is whole, in order.
void Connection::finish() {
  size_t done = 0;
  while (done < pending_.size()) {
    Exchange& e = pending_[done];
    if (e.response == nullptr || !e.response->ended || !e.request->ended) {
      if (e.response != nullptr && !e.looked) {
        e.looked = true;
        if (beginsWithHead(e)) begin(e);
      }
      break;
    }
    core_.emit(*this, e, e.response->malformed ? "malformed_response" : nullptr);
    done++;
  }
  if (done > 0) pending_.erase(pending_.begin(), pending_.begin() + static_cast<long>(done));
}

}  // namespace hw
