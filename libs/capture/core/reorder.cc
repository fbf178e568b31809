// Records of one direction into the order of the stream: duplicates, late ones, gaps.
#include "connection.h"
#include "core.h"

namespace hw {

void Connection::onChunk(const hw_chunk& c, const char* data) {
  Stream& s = stream_[c.dir & 1];
  Piece p;
  p.at = c;
  p.data = data;
  const Kind kind = c.flags & HW_F_RESPONSE ? RESPONSE : REQUEST;
  p.left[kind] = c.starts;
  if (c.starts > 0) core_.account.start(kind, c.starts);
  if (c.ts_ns >= lastNs_) {  // what the socket says of itself is of its last record
    lastNs_ = c.ts_ns;
    srttUs_ = c.srtt_us;
    if (!(c.flags & HW_F_MORE)) retransmits_ = c.retrans;  // the field is scratch in the records before a call's last
  }
  place(s, p);
}

void Connection::place(Stream& s, Piece& p) {
  if (!s.seen) {
    s.seen = true;
    s.expected = p.at.flags & HW_F_MID ? p.at.pos : 0;
    if (p.at.flags & HW_F_MID) {
      s.state = StreamState::LOST;
      s.mid = mid_ = true;
    }
  }
  if (p.at.pos > s.expected) {
    // The stream begins here for this agent: nobody will bring what those that wait are waiting for.
    while ((p.at.flags & HW_F_MID) && !s.held.empty() && s.held.front().at.pos < p.at.pos) {
      gap(s, s.held.front());
      release(s);
    }
    if (p.at.flags & HW_F_MID && p.at.pos > s.expected) s.mid = mid_ = true;
    if (p.at.pos <= s.expected) return place(s, p);
    if (!(p.at.flags & (HW_F_LOST_BEFORE | HW_F_GAP | HW_F_MID))) return hold(s, p);
    gap(s, p);
  } else if (p.at.pos < s.expected) {
    const uint64_t old = s.expected - p.at.pos;
    if (old >= p.at.len) {  // its place was read, or given up
      for (const Kind k : {REQUEST, RESPONSE}) {
        if (p.left[k] == 0) continue;
        if (s.lossy) core_.account.lose(k, L_LATE, p.left[k]);
        else core_.account.filter(k, F_DUPLICATE, p.left[k]);
      }
      return;
    }
    const auto cut = static_cast<uint32_t>(old < p.at.cap ? old : p.at.cap);
    p.data += cut;
    p.at.cap = static_cast<uint16_t>(p.at.cap - cut);
    p.at.pos += old;
    p.at.len -= static_cast<uint32_t>(old);
    p.at.flags = static_cast<uint16_t>(p.at.flags & ~HW_F_START);
  }
  consume(s, p);
  if (!s.held.empty()) release(s);
}

void Connection::hold(Stream& s, Piece& p) {
  const size_t size = sizeof(Piece) + p.at.cap;
  if (s.held.size() >= core_.options.maxHeldRecords || core_.heldBytes + size > core_.options.reassemblyMaxBytes) {
    // no room to wait: what is missing is given up
    while (!s.held.empty() && p.at.pos > s.expected) {
      gap(s, s.held.front());
      release(s);
    }
    if (p.at.pos > s.expected) gap(s, p);
    return place(s, p);
  }
  p.copy.assign(p.data, p.at.cap);
  p.heldSinceNs = core_.nowNs;
  core_.heldBytes += size;
  auto it = s.held.begin();
  while (it != s.held.end() && it->at.pos <= p.at.pos) ++it;
  s.held.insert(it, std::move(p));
}

void Connection::release(Stream& s) {
  while (!s.held.empty() && s.held.front().at.pos <= s.expected) {
    Piece p = std::move(s.held.front());
    s.held.erase(s.held.begin());
    core_.heldBytes -= sizeof(Piece) + p.at.cap;
    p.data = p.copy.data();
    place(s, p);
  }
}

// The bytes [expected, p.pos) will not come. What the message under way still knows of itself, it keeps.
void Connection::gap(Stream& s, const Piece& p) {
  const uint64_t n = p.at.pos - s.expected;
  s.expected = p.at.pos;
  s.lossy = lossy_ = true;
  s.tailLen = 0;
  Message* m = s.current;
  switch (s.state) {
    case StreamState::HEAD:
      dropCurrent(s, L_GAP_IN_HEAD, p.at.ts_ns);
      s.gapOutside = true;
      lose(s);
      break;
    case StreamState::BODY:
      m->flags |= EF_GAP;
      if (m->framing == Framing::LENGTH) {
        if (n <= m->remaining) {
          m->remaining -= n;
          m->bodyBytes += n;
          if (m->remaining == 0) endMessage(s, 0, true);
          break;
        }
        m->bodyBytes += m->remaining;
        m->remaining = 0;
        const Kind kind = m->kind;
        endMessage(s, 0, true);
        lose(s);
        doubt(kind, p.at.ts_ns);
      } else if (m->framing == Framing::CHUNKED) {
        m->bodyBytes += n;
        if (s.walk.skip(n)) break;
      } else {
        m->bodyBytes += n;
      }
      s.gapOutside = true;
      break;
    case StreamState::TUNNEL:
      if (!pending_.empty()) pending_.front().request->flags |= EF_GAP;
      break;
    default:
      s.gapOutside = true;
      doubt(requestDir_ >= 0 ? kindOf(s) : REQUEST, p.at.ts_ns);
      lose(s);
  }
}

void Connection::audit(uint64_t inFlight[2]) const {
  for (const Stream& s : stream_) {
    for (const Piece& p : s.held)
      for (const Kind k : {REQUEST, RESPONSE}) inFlight[k] += p.left[k];
    if (s.current != nullptr && !s.current->headDone && s.current->counted) inFlight[s.current->kind]++;
  }
  for (const Exchange& e : pending_) {
    if (e.request != nullptr && e.request->counted) inFlight[REQUEST]++;
    if (e.response != nullptr && e.response->counted) inFlight[RESPONSE]++;
  }
  for (const Message* m : orphans_)
    if (m->counted) inFlight[RESPONSE]++;
}

}  // namespace hw
