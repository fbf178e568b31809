// A fast non-cryptographic hash for tables that live inside the process (never for fingerprints).
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace hw {

inline uint64_t mix(uint64_t a, uint64_t b) {
  const __uint128_t m = static_cast<__uint128_t>(a) * b;
  return static_cast<uint64_t>(m) ^ static_cast<uint64_t>(m >> 64);
}

inline uint64_t hashBytes(const char* p, size_t n) {
  uint64_t h = 0x9e3779b97f4a7c15ULL ^ n, v = 0;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    memcpy(&v, p + i, 8);
    h = mix(h ^ v, 0xe7037ed1a0b428dbULL);
  }
  if (i < n) {
    v = 0;
    memcpy(&v, p + i, n - i);
    h = mix(h ^ v, 0x8ebc6af09c88c6e3ULL);
  }
  return mix(h, 0x589965cc75374cc3ULL);
}

inline uint64_t hashBytes(std::string_view s) { return hashBytes(s.data(), s.size()); }

}  // namespace hw
