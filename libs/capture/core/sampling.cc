#include "sampling.h"

#include <sys/random.h>

#include "hash.h"

namespace hw {

namespace {

uint64_t splitmix(uint64_t& x) {
  uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }

}  // namespace

Sampler::Sampler(uint64_t seed, size_t sets) : mask_(sets - 1), blocks_(sets * kWays) {
  // also when getrandom gives less than was asked, the state must not be all zeros
  if (seed == 0 && getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) seed = reinterpret_cast<uintptr_t>(this) | 1;
  for (uint64_t& s : state_) s = splitmix(seed);
}

// xoshiro256** (Blackman, Vigna)
uint64_t Sampler::random() {
  const uint64_t out = rotate(state_[1] * 5, 7) * 9, t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate(state_[3], 45);
  return out;
}

// Which block an exchange falls into depends on nothing that was drawn, so sharing and evicting cost variance only.
Sampler::Block& Sampler::block(uint64_t key, uint64_t nowNs) {
  Block* set = &blocks_[(key & mask_) * kWays];
  Block* place = nullptr;
  for (size_t i = 0; i < kWays; i++) {
    if (set[i].key == key && set[i].oneIn != 0) return set[i];
    if (place == nullptr && (set[i].oneIn == 0 || nowNs > set[i].usedNs + kStaleNs)) place = &set[i];
  }
  if (place == nullptr) {
    overflowed++;
    return overflow_[(key >> 32) % kOverflow];
  }
  *place = Block{};
  place->key = key;
  return *place;
}

bool Sampler::keep(uint64_t stratum, uint32_t oneIn, uint64_t nowNs) {
  if (oneIn <= 1) return true;
  Block& b = block(mix(stratum ^ 0x8ebc6af09c88c6e3ULL, oneIn | 1ULL << 40), nowNs);
  b.usedNs = nowNs;
  if (b.oneIn != oneIn || b.seen == oneIn) {
    b.oneIn = oneIn;
    b.seen = 0;
    b.pick = static_cast<uint32_t>(static_cast<__uint128_t>(random()) * oneIn >> 64);
  }
  return b.seen++ == b.pick;
}

}  // namespace hw
