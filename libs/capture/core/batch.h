// One batch of events as columns. All memory is taken once per batch; a row writes fixed slots.
// Strings are interned into one dictionary that lives as long as the batch; index 0 is "".
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "columns.generated.h"
#include "hash.h"

namespace hw {

uint32_t columnWidth(ColumnType t);

class Dictionary {
 public:
  Dictionary() { clear(); }
  void clear();
  // Latin-1 bytes in, index out; stored as UTF-8.
  int32_t intern(std::string_view latin1) { return latin1.empty() ? 0 : internHashed(latin1, hashBytes(latin1)); }
  int32_t internHashed(std::string_view latin1, uint64_t hash);
  size_t bytes() const { return bytes_.size() + offsets_.size() * 4; }
  const std::vector<int32_t>& offsets() const { return offsets_; }
  const std::string& text() const { return bytes_; }

 private:
  void grow();
  void append(std::string_view latin1);
  struct Slot {
    uint64_t hash = 0;
    int32_t index = 0;  // 0: free
    uint32_t rawLength = 0;
  };
  bool same(const Slot& s, std::string_view latin1) const;
  std::vector<Slot> slots_;
  std::vector<int32_t> offsets_;
  std::string bytes_;
};

struct HeaderLists {
  std::vector<int32_t> offsets, name, value;  // name, value and action may be longer than `entries`
  std::vector<uint8_t> action;
  size_t entries = 0;
  void clear() {
    offsets.assign(1, 0);
    entries = 0;
  }
  // Room for `n` more: at least once per row, before `add`.
  void reserve(size_t n) {
    if (entries + n <= name.size()) return;
    const size_t size = (entries + n) * 2;
    name.resize(size);
    value.resize(size);
    action.resize(size);
  }
  void add(int32_t n, int32_t v, uint8_t a) {
    name[entries] = n;
    value[entries] = v;
    action[entries++] = a;
  }
  void endRow() { offsets.push_back(static_cast<int32_t>(entries)); }
};

class BatchPool;

class Batch {
 public:
  explicit Batch(uint32_t maxRows);
  void reset();  // empty again; memory is kept

  // For columns that every row writes: `reset` leaves what they hold.
  template <typename T>
  void put(Column c, T v) {
    memcpy(data_.get() + at_[c] + static_cast<size_t>(rows) * sizeof(T), &v, sizeof(T));
  }
  // For the others: 0 in the rows that do not write them.
  template <typename T>
  void putSome(Column c, T v) {
    some_ |= uint64_t{1} << c;
    put(c, v);
  }
  const uint8_t* column(Column c) const { return data_.get() + at_[c]; }
  // About what the batch weighs on the wire.
  size_t weight() const { return rows * 160u + dict.bytes() + (lists[0].entries + lists[1].entries) * 9u; }

  uint32_t rows = 0;
  uint64_t exchanges = 0;  // after weights
  const uint32_t maxRows;
  Dictionary dict;
  HeaderLists lists[2];  // by Kind
  std::string account;   // BatchAccount as JSON, set when the batch closes
  std::shared_ptr<BatchPool> pool;

 private:
  struct Free {
    void operator()(uint8_t* p) const { free(p); }
  };
  std::unique_ptr<uint8_t[], Free> data_;
  size_t at_[COLUMN_N] = {};
  size_t size_ = 0;
  uint64_t some_ = 0;  // columns that `putSome` wrote to
  static_assert(COLUMN_N <= 64);
};

// Read batches come back to their pool, from any thread.
struct BatchDone {
  void operator()(Batch* b) const;
};
using BatchPtr = std::unique_ptr<Batch, BatchDone>;

class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  ~BatchPool();
  BatchPtr take(uint32_t maxRows);

 private:
  friend struct BatchDone;
  static constexpr size_t kKept = 4;
  std::mutex mutex_;
  std::vector<Batch*> kept_;
};

}  // namespace hw
