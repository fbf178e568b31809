// Which bytes are heads, which are bodies: by content-length, chunks, or the end of the connection (RFC 9112 section 6).
#include "connection.h"
#include "core.h"

namespace hw {

namespace {

constexpr uint64_t kChunkedEnd = 0x300d0a0d0a;  // "0\r\n\r\n", youngest byte lowest

bool endsWithBlankLine(const Stream& s) { return s.tailLen >= 4 && (s.tail & 0xffffffff) == 0x0d0a0d0a; }
bool endsChunked(const Stream& s) { return s.tailLen >= 5 && (s.tail & 0xffffffffff) == kChunkedEnd; }

void pushTail(Stream& s, const char* p, size_t n) {
  if (n >= 8) {
    memcpy(&s.tail, p + n - 8, 8);
    s.tail = __builtin_bswap64(s.tail);
    s.tailLen = 8;
    return;
  }
  for (size_t i = n > 8 ? n - 8 : 0; i < n; i++) s.tail = s.tail << 8 | static_cast<unsigned char>(p[i]);
  s.tailLen = s.tailLen + n > 8 ? 8 : s.tailLen + static_cast<uint32_t>(n);
}

bool resolve(Core& core, Piece& p, Kind k, Filter why) {
  if (p.left[k] == 0) return false;
  p.left[k]--;
  core.account.filter(k, why);
  return true;
}

}  // namespace

void Connection::consume(Stream& s, Piece& p) {
  const hw_chunk& c = p.at;
  s.expected = c.pos + c.len;
  if (c.type == HW_T_DATA) {
    const uint32_t before = c.flags & HW_F_START && c.ordinal > 0 ? c.ordinal - 1 : c.ordinal;
    if (before > s.lastOrdinal && s.gapOutside) {
      // starts were lost with the gap: whatever was under way ended somewhere in it
      if (s.state == StreamState::BODY && s.current->framing != Framing::CLOSE) {
        endMessage(s, EF_GAP | EF_TRAILER_UNSEEN, false);
        lose(s);
      }
      doubt(requestDir_ >= 0 ? kindOf(s) : REQUEST, c.ts_ns);
    }
    s.gapOutside = false;
    if (before + c.starts > s.lastOrdinal) s.lastOrdinal = before + c.starts;
  }
  const bool lead = (c.flags & HW_F_START) != 0;
  if (c.starts > 1 && !(c.flags & HW_F_RESPONSE)) pipelined_ = true;
  if (lead && !roleProven_ && pending_.empty() && orphans_.empty() && (s.state == StreamState::BETWEEN || s.state == StreamState::LOST)) {
    const int dir = static_cast<int>(&s - stream_);
    requestDir_ = c.flags & HW_F_RESPONSE ? 1 - dir : dir;
  }
  for (size_t i = 0; i < c.cap;) {
    switch (s.state) {
      case StreamState::BETWEEN: i = between(s, p, i, lead && i == 0); break;
      case StreamState::HEAD: i = readHead(s, p, i); break;
      case StreamState::BODY: i = readBody(s, p, i); break;
      case StreamState::LOST:
        if (lead && i == 0 && requestDir_ >= 0 && p.left[kindOf(s)] > 0) startMessage(s, p, kindOf(s), 0);
        else i = c.cap;
        break;
      case StreamState::TUNNEL: i = c.cap; break;
    }
  }
  if (c.cap > 0) pushTail(s, p.data, c.cap);
  if (c.len > c.cap) {
    if (c.tail_len > 0 && c.tail_len <= 8) {
      if (c.tail_len < c.len - c.cap) s.tailLen = 0;
      pushTail(s, reinterpret_cast<const char*>(c.tail), c.tail_len);
    } else {
      s.tailLen = 0;
    }
    skipBytes(s, p, c.len - c.cap);
  }
  turn_ = static_cast<int>(&s - stream_);
  for (const Kind k : {REQUEST, RESPONSE}) {
    if (p.left[k] == 0) continue;
    const Filter why = s.state == StreamState::TUNNEL ? F_TUNNEL
                       : requestDir_ >= 0 && k != kindOf(s) && s.state != StreamState::BODY ? F_WRONG_KIND
                       : s.state == StreamState::HEAD ? F_IN_HEAD : F_IN_BODY;
    core_.account.filter(k, why, p.left[k]);
    p.left[k] = 0;
  }
  finish();
}

// May a start inside (or right behind) a body without provable end be believed? Only if what came before it on the
// other side of the connection makes it due: a request after an answer, a response to an unanswered request.
bool Connection::mayStartInside(Stream& s, const Piece& p) const {
  if (kindOf(s) == REQUEST) {
    for (const Exchange& e : pending_)
      if (e.response == nullptr || e.response->firstNs > p.at.ts_ns) return false;
    return true;
  }
  for (const Exchange& e : pending_)
    if (e.response == nullptr && e.request->firstNs <= p.at.ts_ns) return true;
  return doubt_;  // it is counted lost; that it was there tells the turns
}

size_t Connection::between(Stream& s, Piece& p, size_t i, bool lead) {
  const char* at = p.data + i;
  const size_t n = p.at.cap - i;
  if (*at == '\r' || *at == '\n') return i + 1;  // RFC 9112 2.2: empty lines in front of a message
  const StartLook look = lookAtStart(at, n);
  const bool request = look == StartLook::REQUEST || look == StartLook::MAYBE_REQUEST;
  if (look == StartLook::NO) {
    s.resync = s.proven;
    lose(s);
    return p.at.cap;
  }
  const Kind kind = request ? REQUEST : RESPONSE;
  if (requestDir_ < 0) requestDir_ = static_cast<int>(&s - stream_) ^ (request ? 0 : 1);
  if (kind != kindOf(s)) {
    s.resync = true;
    lose(s);
    return p.at.cap;
  }
  if (!s.proven) {
    if (!lead) {
      lose(s);  // the body went on: its end was only an appearance
      return p.at.cap;
    }
    if (!mayStartInside(s, p)) {
      resolve(core_, p, kind, F_AMBIGUOUS);
      disbelieved(kind, p.at.ts_ns);
      return p.at.cap;
    }
  }
  startMessage(s, p, kind, i);
  return i;
}

void Connection::startMessage(Stream& s, Piece& p, Kind kind, size_t offset) {
  if (kind == REQUEST && offset > 0) pipelined_ = true;  // behind another in one chunk; the kernel need not have counted it
  Message* m = core_.newMessage(kind);
  m->startPos = p.at.pos + offset;
  m->firstNs = m->lastNs = p.at.ts_ns;
  m->tgid = p.at.tgid;
  if (p.at.tgid != tgid_) {  // a forked worker, a socket that was passed on, or its record was lost
    tgid_ = p.at.tgid;
    if (!core_.attribution.knows(tgid_)) core_.newcomer = tgid_;
  }
  if (p.left[kind] > 0) {
    p.left[kind]--;
    m->counted = true;
  }
  if (s.mid) m->flags |= EF_MID_CONNECTION;
  if (s.resync) m->flags |= EF_RESYNC;
  s.mid = s.resync = false;
  s.current = m;
  s.state = StreamState::HEAD;
}

size_t Connection::readHead(Stream& s, Piece& p, size_t i) {
  Message* m = s.current;
  const char* at = p.data + i;
  const size_t n = p.at.cap - i;
  m->lastNs = p.at.ts_ns;
  if (i == 0 && p.at.flags & HW_F_START && !m->counted && p.left[m->kind] > 0) {
    p.left[m->kind]--;
    m->counted = true;
  }
  if (m->bytes.empty()) {
    const size_t end = core_.heads.scan(at, n);
    if (end > 0) {
      m->bytes.assign(at, end);
      core_.heldBytes += end;
      headDone(s, false);
      return i + end;
    }
  }
  if (core_.heldBytes + n > core_.options.reassemblyMaxBytes) {
    dropCurrent(s, L_REASSEMBLY_CAP, p.at.ts_ns);
    lose(s);
    return p.at.cap;
  }
  const size_t had = m->bytes.size();
  m->bytes.append(at, n);
  core_.heldBytes += n;
  const size_t end = headEnd(m->bytes.data(), m->bytes.size(), m->scanned);
  m->scanned = m->bytes.size();
  if (end > 0) {
    core_.heldBytes -= m->bytes.size() - end;
    m->bytes.resize(end);
    headDone(s, false);
    return i + (end - had);
  }
  if (m->bytes.size() >= core_.options.headMax) headDone(s, true);
  return p.at.cap;
}

void Connection::headDone(Stream& s, bool truncated) {
  Message* m = s.current;
  core_.heldBytes -= m->bytes.size();
  m->headBytes = m->bytes.size();
  m->headDone = true;
  if (!m->counted) {  // found by framing only
    core_.account.start(m->kind);
    m->counted = true;
  }
  if (truncated) m->flags |= m->kind == REQUEST ? EF_REQUEST_HEAD_TRUNCATED : EF_RESPONSE_HEAD_TRUNCATED;
  s.state = StreamState::BODY;
  if (core_.heads.read(m->kind, m->bytes, truncated, m->head) == HeadResult::MALFORMED) {
    m->malformed = m->ended = true;
    s.current = nullptr;
    lose(s);
    s.resync = true;
    if (m->kind == RESPONSE) return acceptResponse(m);
    core_.account.filter(REQUEST, F_MALFORMED);
    m->counted = false;
    lastStartNs_ = m->firstNs;
    pending_.push_back({m, nullptr, false});  // an answer may come for it all the same
    return doubt(REQUEST, m->firstNs);
  }
  roleProven_ = true;
  m->framing = truncated        ? Framing::UNKNOWN
               : m->head.chunked   ? Framing::CHUNKED
               : m->head.hasLength ? (m->head.contentLength > 0 ? Framing::LENGTH : Framing::NONE)
                                   : Framing::NONE;
  m->remaining = m->head.contentLength;
  s.walk.start();
  s.tailLen = 0;
  if (m->kind == REQUEST) return acceptRequest(m);
  const uint16_t status = m->head.status;
  if (status < 200 && status != 101) {
    if (Exchange* e = waiting()) e->interim = true;
    core_.account.filter(RESPONSE, F_INTERIM);
    m->counted = false;
    s.current = nullptr;
    s.state = StreamState::BETWEEN;
    s.proven = true;
    core_.freeMessage(m);
    return;
  }
  if (m->framing == Framing::NONE && !m->head.hasLength) m->framing = Framing::CLOSE;
  if (status == 204 || status == 304 || status == 101) m->framing = Framing::NONE;
  acceptResponse(m);
}

size_t Connection::readBody(Stream& s, Piece& p, size_t i) {
  Message* m = s.current;
  const size_t n = p.at.cap - i;
  const bool lead = i == 0 && (p.at.flags & HW_F_START) != 0;
  size_t took = n;
  const bool walked = m->framing == Framing::CHUNKED && s.walk.walkable();
  if (lead && (m->framing == Framing::UNKNOWN || (m->framing == Framing::CHUNKED && !walked))) {
    const Kind kind = p.at.flags & HW_F_RESPONSE ? RESPONSE : REQUEST;
    const bool inside = kind != m->kind || (m->framing == Framing::CHUNKED && s.tailLen >= 4 && !endsWithBlankLine(s));
    if (!inside && mayStartInside(s, p)) {
      endMessage(s, EF_TRAILER_UNSEEN, false);
      startMessage(s, p, kind, i);
      return i;
    }
    resolve(core_, p, kind, inside ? F_IN_BODY : F_AMBIGUOUS);
    if (!inside) disbelieved(kind, p.at.ts_ns);
    else if (kind == REQUEST && m->kind == REQUEST) lastStartNs_ = p.at.ts_ns;  // if that was wrong, what follows is its body
  } else if (lead) {
    resolve(core_, p, p.at.flags & HW_F_RESPONSE ? RESPONSE : REQUEST, F_IN_BODY);
  }
  m->lastNs = p.at.ts_ns;
  if (m->framing == Framing::LENGTH) {
    if (took > m->remaining) took = m->remaining;
    m->remaining -= took;
  } else if (walked) {
    took = s.walk.feed(p.data + i, n);
    if (!s.walk.walkable()) took = n;
  }
  m->bodyBytes += took;
  if ((m->framing == Framing::LENGTH && m->remaining == 0) || (walked && s.walk.walkable() && s.walk.done())) endMessage(s, 0, true);
  return i + took;
}

// A message that could not be read begins where this direction had its turn, and again with each further turn.
void Connection::unreadStart(Stream& s, const Piece& p) {
  const auto dir = static_cast<size_t>(&s - stream_);
  if (s.state == StreamState::LOST && turn_ == static_cast<int>(dir)) return;
  s.lossy = true;  // what was asked may be answered in there
  core_.onUnreadStart(p.at.tgid, p.at.why);
  if (++unread_[dir] <= unread_[1 - dir]) return;
  core_.unreadMessages++;
}

void Connection::skipBytes(Stream& s, Piece& p, uint64_t n) {
  const bool unread = (p.at.flags & HW_F_UNREAD) != 0;
  if (s.state == StreamState::HEAD) headDone(s, true);
  if (unread && (s.state == StreamState::BETWEEN || s.state == StreamState::LOST)) unreadStart(s, p);
  if (s.state == StreamState::BETWEEN) {
    if (s.proven && (unread || roleProven_)) {
      s.resync = true;
      if (requestDir_ >= 0) doubt(kindOf(s), p.at.ts_ns);
    }
    return lose(s);
  }
  if (s.state != StreamState::BODY) return;
  Message* m = s.current;
  m->lastNs = p.at.ts_ns;
  if (unread) m->flags |= EF_BODY_UNREADABLE;
  if (m->framing == Framing::LENGTH) {
    const uint64_t mine = n < m->remaining ? n : m->remaining;
    m->remaining -= mine;
    m->bodyBytes += mine;
    if (m->remaining > 0) return;
    const Kind kind = m->kind;
    endMessage(s, 0, true);
    if (n > mine + 2) {  // more than an empty line: something is pipelined behind the body, unseen
      s.resync = true;
      pipelined_ = true;
      doubt(kind, p.at.ts_ns);
      lose(s);
    }
    return;
  }
  m->bodyBytes += n;
  if (m->framing == Framing::CHUNKED && !s.walk.skip(n) && endsChunked(s)) endMessage(s, 0, false);
}

void Connection::endMessage(Stream& s, uint32_t flags, bool proven) {
  Message* m = s.current;
  m->flags |= flags;
  m->ended = true;
  m->inferred = false;
  s.current = nullptr;
  s.state = StreamState::BETWEEN;
  s.proven = proven;
  if (m->detached) core_.freeMessage(m);
}

// Silence ended the exchange, not the message: should its bytes go on, they are still its body and start nothing.
void Connection::inferEnd(Stream& s) {
  Message* m = s.current;
  m->flags |= EF_END_INFERRED;
  if (m->framing == Framing::CHUNKED && endsWithBlankLine(s)) m->flags |= EF_TRAILER_UNSEEN;
  m->ended = m->inferred = true;
}

// A start that was not believed may have been one: what is answered from here on is uncertain.
void Connection::disbelieved(Kind k, uint64_t ns) {
  if (k == REQUEST) lastStartNs_ = ns;
  doubt(k, ns);
}

// A head under way that turned out to be a tunnel's bytes.
void Connection::dropHead(Stream& s) {
  Message* m = s.current;
  core_.heldBytes -= m->bytes.size();
  if (m->counted) core_.account.filter(m->kind, F_TUNNEL);
  s.current = nullptr;
  core_.freeMessage(m);
}

void Connection::dropCurrent(Stream& s, Lost why, uint64_t ns) {
  Message* m = s.current;
  core_.heldBytes -= m->bytes.size();
  if (m->counted) core_.account.lose(m->kind, why);
  const Kind kind = m->kind;
  s.current = nullptr;
  core_.freeMessage(m);
  disbelieved(kind, ns);
}

void Connection::lose(Stream& s) { s.state = StreamState::LOST; }

}  // namespace hw
