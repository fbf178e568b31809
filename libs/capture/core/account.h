// started = emitted + filtered + lost + in_flight, requests and responses apart, at any instant.
#pragma once
#include "reasons.h"

namespace hw {

struct Starts {
  uint64_t started = 0, emitted = 0;
  uint64_t filtered[FILTER_N] = {}, lost[LOST_N] = {};
  int64_t in_flight = 0;

  uint64_t resolved() const {
    uint64_t n = emitted;
    for (uint64_t v : filtered) n += v;
    for (uint64_t v : lost) n += v;
    return n;
  }
  bool balanced() const { return started == resolved() + static_cast<uint64_t>(in_flight) && in_flight >= 0; }
};

// What a declared sample rate left out.
struct Sampling {
  uint64_t exchanges = 0, kept = 0;      // let through by the filters, and those of them that became rows
  uint64_t rated = 0, ratedKept = 0;     // only those that a rate greater than 1 was in force for
};

struct Account {
  Starts of[2];
  Sampling sampling;
  void start(Kind k, uint64_t n = 1) { of[k].started += n; of[k].in_flight += static_cast<int64_t>(n); }
  void emit(Kind k) { of[k].emitted++; of[k].in_flight--; }
  void filter(Kind k, Filter why, uint64_t n = 1) { of[k].filtered[why] += n; of[k].in_flight -= static_cast<int64_t>(n); }
  void lose(Kind k, Lost why, uint64_t n = 1) { of[k].lost[why] += n; of[k].in_flight -= static_cast<int64_t>(n); }
  // Starts that never reached user space: they enter and leave at once.
  void loseInKernel(Kind k, uint64_t n) { of[k].started += n; of[k].lost[L_RING_FULL] += n; }
  bool balanced() const { return of[0].balanced() && of[1].balanced(); }
};

}  // namespace hw
