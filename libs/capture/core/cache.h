// A bounded table from bytes to what was worked out from them: sets of four places, second chance within a set.
// A key enters with its second sight only (`door_` remembers hashes of first sights), so values that never come again,
// such as request ids, displace nothing. A hit compares all bytes: another key is never taken for this one.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hash.h"

namespace hw {

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
      if (t.hash != hash || t.serial == 0 || t.bytes != key) continue;
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
