#include "chunked.h"

namespace hw {

size_t ChunkedWalk::feed(const char* p, size_t n) {
  size_t i = 0;
  while (i < n && ok_ && state_ != DONE) {
    if (state_ == DATA) {
      const uint64_t step = left_ < n - i ? left_ : n - i;
      i += step;
      left_ -= step;
      if (left_ == 0) state_ = DATA_CR;
      continue;
    }
    const char c = p[i++];
    switch (state_) {
      case SIZE: {
        const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (v >= 0) {
          if (left_ >> 56) ok_ = false;
          left_ = left_ * 16 + static_cast<uint64_t>(v);
          digits_ = true;
        } else if (!digits_) ok_ = false;
        else if (c == '\r') state_ = SIZE_LF;
        else if (c == ';' || c == ' ' || c == '\t') state_ = EXTENSION;
        else ok_ = false;
        break;
      }
      case EXTENSION:
        if (c == '\r') state_ = SIZE_LF;
        break;
      case SIZE_LF:
        if (c != '\n') ok_ = false;
        state_ = left_ == 0 ? TRAILER_START : DATA;
        digits_ = false;
        break;
      case DATA_CR:
        if (c != '\r') ok_ = false;
        state_ = DATA_LF;
        break;
      case DATA_LF:
        if (c != '\n') ok_ = false;
        state_ = SIZE;
        break;
      case TRAILER_START: state_ = c == '\r' ? END_LF : TRAILER; break;
      case TRAILER:
        if (c == '\r') state_ = TRAILER_LF;
        break;
      case TRAILER_LF: state_ = c == '\n' ? TRAILER_START : TRAILER; break;
      case END_LF:
        if (c != '\n') ok_ = false;
        state_ = DONE;
        break;
      default: break;
    }
  }
  return i;
}

bool ChunkedWalk::skip(uint64_t n) {
  if (n == 0) return ok_;
  if (!ok_ || state_ != DATA || n > left_) {
    ok_ = false;
    return false;
  }
  left_ -= n;
  if (left_ == 0) state_ = DATA_CR;
  return true;
}

}  // namespace hw
