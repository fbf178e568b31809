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

inline uint64_t load8(const char* p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

inline uint64_t load4(const char* p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

// 16 bytes a step; the last step overlaps the one before it, so no byte is read alone.
inline uint64_t hashBytes(const char* p, size_t n) {
  constexpr uint64_t k0 = 0x9e3779b97f4a7c15ULL, k1 = 0xe7037ed1a0b428dbULL, k2 = 0x8ebc6af09c88c6e3ULL;
  uint64_t h = k0 ^ n, a = 0, b = 0;
  if (n >= 16) {
    const char* last = p + n - 16;
    for (; p < last; p += 16) h = mix(load8(p) ^ k1, load8(p + 8) ^ h);
    a = load8(last);
    b = load8(last + 8);
  } else if (n >= 8) {
    a = load8(p);
    b = load8(p + n - 8);
  } else if (n >= 4) {
    a = load4(p);
    b = load4(p + n - 4);
  } else if (n > 0) {
    a = static_cast<uint64_t>(static_cast<unsigned char>(p[0])) << 16 | static_cast<uint64_t>(static_cast<unsigned char>(p[n / 2])) << 8 | static_cast<unsigned char>(p[n - 1]);
  }
  return mix(k2 ^ n, mix(a ^ k1, b ^ h));
}

inline uint64_t hashBytes(std::string_view s) { return hashBytes(s.data(), s.size()); }

}  // namespace hw
