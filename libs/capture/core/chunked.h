// Walks chunked framing over captured bytes. It can step over uncaptured bytes only inside one chunk's data.
#pragma once
#include <cstddef>
#include <cstdint>

namespace hw {

class ChunkedWalk {
 public:
  void start() { *this = ChunkedWalk{}; }
  bool walkable() const { return ok_; }
  bool done() const { return state_ == DONE; }
  bool inData() const { return ok_ && state_ == DATA; }
  void give_up() { ok_ = false; }
  // Consumes up to n bytes; returns how many belong to the body. Stops behind its end.
  size_t feed(const char* p, size_t n);
  // n bytes that were not captured. False (and not walkable any more) when framing bytes are among them.
  bool skip(uint64_t n);

 private:
  enum State : uint8_t { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER_START, TRAILER, TRAILER_LF, END_LF, DONE };
  State state_ = SIZE;
  bool ok_ = true, digits_ = false;
  uint64_t left_ = 0;
};

}  // namespace hw
