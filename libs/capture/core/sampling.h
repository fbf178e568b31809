// One of N, drawn so that weights add up: exchanges of one kind (stratum) are taken in blocks of N consecutive ones, and
// of each block one is kept, at a place chosen at random before the block begins. Each exchange has the same chance 1/N
// whatever comes before or after it, so the sum of weights is unbiased also when blocks are cut short (end, eviction,
// another rate); and a kind with k * N exchanges counts as exactly k * N.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hw {

class Sampler {
 public:
  explicit Sampler(uint64_t seed, size_t sets = 1024);  // seed 0: from the kernel; sets: a power of two
  // `stratum`: hash of what makes exchanges alike. True: this one stands for `oneIn`.
  bool keep(uint64_t stratum, uint32_t oneIn, uint64_t nowNs);

  uint64_t overflowed = 0;  // exchanges that shared the overflow strata, because the table was full

 private:
  struct Block {
    uint64_t key = 0, usedNs = 0;
    uint32_t oneIn = 0, seen = 0, pick = 0;
  };
  static constexpr size_t kWays = 4, kOverflow = 16;
  static constexpr uint64_t kStaleNs = 60ULL * 1000000000;
  Block& block(uint64_t key, uint64_t nowNs);
  uint64_t random();

  size_t mask_;
  std::vector<Block> blocks_;
  Block overflow_[kOverflow];
  uint64_t state_[4];
};

}  // namespace hw
