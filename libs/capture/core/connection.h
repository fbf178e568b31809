// One socket: two streams of bytes by position, the messages in them, and which response answers which request.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../../../bpf/include/wire.h"
#include "chunked.h"
#include "message.h"

namespace hw {

class Core;

// A record of one direction, waiting for its place or being read.
struct Piece {
  hw_chunk at{};
  const char* data = nullptr;
  uint32_t left[2] = {0, 0};  // candidate starts of it that are not resolved yet, by Kind
  std::string copy;           // owns data while it waits
  uint64_t heldSinceNs = 0;
};

enum class StreamState : uint8_t {
  BETWEEN,  // a message may start here
  HEAD,
  BODY,
  LOST,    // the framing is unknown: wait for a flagged start
  TUNNEL,
};

struct Stream {
  uint64_t expected = 0;
  Message* current = nullptr;
  ChunkedWalk walk;
  std::vector<Piece> held;
  uint64_t tail = 0;       // last bytes seen, youngest in the low byte
  uint32_t tailLen = 0;
  uint32_t lastOrdinal = 0;
  StreamState state = StreamState::BETWEEN;
  bool seen = false, proven = true;  // proven: BETWEEN was reached by exact framing
  bool gapOutside = false;           // a gap since the last data record may have hidden starts
  bool lossy = false, mid = false, resync = false;
};

class Connection {
 public:
  Connection(Core& core, uint64_t cookie) : core_(core), cookie_(cookie) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void onChunk(const hw_chunk& c, const char* data);
  void onClose(const hw_close& c);
  void onConn(const hw_conn& c);
  // Timers: late records, idle ends. `all` at the end of a replay or at stop.
  void sweep(uint64_t nowNs, bool all);
  // Resolves everything as if the socket had ended (idle eviction, caps).
  void abandon(const char* error);
  bool idle() const { return pending_.empty() && orphans_.empty() && stream_[0].current == nullptr && stream_[1].current == nullptr && stream_[0].held.empty() && stream_[1].held.empty(); }
  uint64_t lastNs() const { return lastNs_; }
  uint64_t cookie() const { return cookie_; }
  // Counts what is in flight here, for the law.
  void audit(uint64_t inFlight[2]) const;

  // After its exchange was written or counted out; an inferred end leaves the message to its stream.
  void giveBack(Message* m);

  // What a row needs to know of the socket.
  bool isClient() const { return requestDir_ == HW_TX; }
  const hw_conn& who() const { return who_; }
  bool known() const { return known_; }
  // When the process began, in clock ticks; 0 unless it is the one that the socket's record names.
  uint64_t startTicks(uint32_t tgid) const { return tgid == who_.tgid ? startTicks_ : 0; }
  uint32_t srttUs() const { return srttUs_; }
  uint32_t retransmits() const { return retransmits_; }
  uint32_t nextOrdinal() { return ++ordinal_; }
  std::string clientAddress;  // as the policy lets it leave; worked out with the first row
  uint64_t clientEpoch = 0;  // of the index
  int32_t clientIndex = 0, peerIndex = 0;
  uint64_t peerEpoch = 0, peerVersion = 0;  // of the index, and of the rules that named it
  const std::string* peerName = nullptr;

 private:
  // reorder.cc: positions
  void place(Stream& s, Piece& p);
  void release(Stream& s);
  void gap(Stream& s, const Piece& p);
  void hold(Stream& s, Piece& p);
  // framing.cc: messages
  void consume(Stream& s, Piece& p);
  size_t between(Stream& s, Piece& p, size_t i, bool lead);
  bool mayStartInside(Stream& s, const Piece& p) const;
  void startMessage(Stream& s, Piece& p, Kind kind, size_t offset);
  size_t readHead(Stream& s, Piece& p, size_t i);
  void headDone(Stream& s, bool truncated);
  size_t readBody(Stream& s, Piece& p, size_t i);
  void skipBytes(Stream& s, Piece& p, uint64_t n);
  void unreadStart(Stream& s, const Piece& p);
  void endMessage(Stream& s, uint32_t flags, bool proven);
  void inferEnd(Stream& s);
  void dropHead(Stream& s);
  void dropCurrent(Stream& s, Lost why, uint64_t ns);
  void disbelieved(Kind k, uint64_t ns);
  void lose(Stream& s);
  Kind kindOf(const Stream& s) const { return (&s - stream_) == requestDir_ ? REQUEST : RESPONSE; }
  Stream& streamOf(Kind k) { return stream_[k == REQUEST ? requestDir_ : 1 - requestDir_]; }
  // pairing.cc: exchanges
  void acceptRequest(Message* m);
  void acceptResponse(Message* m);
  bool match(Message* response);
  void matched(Exchange& e);
  Exchange* waiting();
  bool requestsUnseen() const;
  void letGo(Message* m);
  void dropResponse(Message* m);
  void settleOrphans(uint64_t nowNs, bool all);
  void finish();
  bool beginsWithHead(const Exchange& e) const;
  void begin(Exchange& e);
  void beginOrEndFirst(uint64_t now, bool all);
  bool silent(uint64_t since, uint64_t now, uint64_t times) const;
  void startTunnel(Exchange& e);
  void endTunnel(Exchange& e, uint32_t flags);
  void doubt(Kind k, uint64_t ns);
  void dropRequest(Exchange& e, Lost why);
  const char* closeError(const Exchange& e) const;

  Core& core_;
  uint64_t cookie_, lastNs_ = 0, startTicks_ = 0;
  Stream stream_[2];
  std::vector<Exchange> pending_;    // unanswered or unfinished, in order
  std::vector<Message*> orphans_;    // final responses without a request so far
  uint64_t doubtNs_ = 0, lastFinalNs_ = 0, lastStartNs_ = 0;  // of pairing.cc: last doubt, final response, request start
  uint32_t ordinal_ = 0, srttUs_ = 0, retransmits_ = 0, tgid_ = 0;
  int requestDir_ = -1, turn_ = -1;  // turn_: direction of the last record
  uint32_t unread_[2] = {0, 0};      // messages that could not be read, by direction
  bool doubt_ = false, roleProven_ = false, pipelined_ = false, lossy_ = false, mid_ = false, closed_ = false, known_ = false, anyRequest_ = false;
  uint8_t closeHow_ = 0;
  hw_conn who_{};
};

}  // namespace hw
