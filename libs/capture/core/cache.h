// A bounded table from bytes to what was worked out from them: sets of four places, second chance within a set.
// A key enters with its second sight only (`door_` remembers hashes of first sights), so values that never come again,
// such as request ids, displace nothing. A hit compares all bytes: another key is never taken for this one.
#pragma once
#include <emmintrin.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "hash.h"

namespace hw {

// Of the same length `n`; short ones without a call.
inline bool sameBytes(const char* a, const char* b, size_t n) {
  if (n < 16 || n > 64) return memcmp(a, b, n) == 0;
  const auto at = [](const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); };
  __m128i differ = _mm_xor_si128(at(a + n - 16), at(b + n - 16));
  for (size_t i = 0; i + 16 < n; i += 16) differ = _mm_or_si128(differ, _mm_xor_si128(at(a + i), at(b + i)));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(differ, _mm_setzero_si128())) == 0xffff;
}

struct Cached {
  uint64_t hash = 0;
  std::string bytes;
  uint32_t serial = 0;  // 0: free; changes when the place is given to another key
  bool used = false;
};

template <typename T>
class Cache {
 public:
  // `sets`: a power of two.
  Cache(size_t sets, size_t maxKey) : maxKey_(maxKey), mask_(sets - 1), places_(sets * kWays), door_(sets * kWays) {}

  T* find(std::string_view key, uint64_t hash) {
    T* set = &places_[(hash & mask_) * kWays];
    for (size_t i = 0; i < kWays; i++) {
      T& t = set[i];
      if (t.hash != hash || t.serial == 0 || t.bytes.size() != key.size() || !sameBytes(t.bytes.data(), key.data(), key.size())) continue;
      t.used = true;
      return &t;
    }
    return nullptr;
  }

  // A place for a key that `find` did not find, its bytes already set; or null: too long, or seen for the first time.
  T* offer(std::string_view key, uint64_t hash) {
    if (key.size() > maxKey_) return nullptr;
    uint32_t& seen = door_[(hash >> 7) & (door_.size() - 1)];
    const auto tag = static_cast<uint32_t>(hash >> 32);
    if (seen != tag) {
      seen = tag;
      return nullptr;
    }
    T* set = &places_[(hash & mask_) * kWays];
    T* place = nullptr;
    for (size_t i = 0; i < kWays && place == nullptr; i++)
      if (!set[i].used) place = &set[i];
    if (place == nullptr) {
      for (size_t i = 0; i < kWays; i++) set[i].used = false;
      place = &set[(hash >> 40) % kWays];
    }
    std::string bytes = std::move(place->bytes);
    *place = T{};
    place->bytes = std::move(bytes);
    place->bytes.assign(key);
    place->hash = hash;
    if (++serial_ == 0) serial_ = 1;
    place->serial = serial_;
    place->used = true;
    return place;
  }

  // Serials go on, so no place is mistaken for what it held before.
  void clear() {
    for (T& t : places_)
      if (t.serial != 0) t = T{};
  }

 private:
  static constexpr size_t kWays = 4;
  const size_t maxKey_, mask_;
  uint32_t serial_ = 0;
  std::vector<T> places_;
  std::vector<uint32_t> door_;
};

}  // namespace hw
