#include "batch.h"

namespace hw {

uint32_t columnWidth(ColumnType t) {
  switch (t) {
    case ColumnType::time_ns:
    case ColumnType::i64:
    case ColumnType::u64: return 8;
    case ColumnType::u32:
    case ColumnType::i32:
    case ColumnType::string: return 4;
    case ColumnType::u16: return 2;
    case ColumnType::u8: return 1;
    case ColumnType::headers: return 0;
  }
  return 0;
}

void Dictionary::clear() {
  slots_.assign(slots_.empty() ? 1024 : slots_.size(), Slot{});
  offsets_.assign(2, 0);  // entry 0 is ""
  bytes_.clear();
}

bool Dictionary::same(const Slot& s, std::string_view latin1) const {
  if (s.rawLength != latin1.size()) return false;
  const char* p = bytes_.data() + offsets_[static_cast<size_t>(s.index)];
  const size_t n = static_cast<size_t>(offsets_[static_cast<size_t>(s.index) + 1] - offsets_[static_cast<size_t>(s.index)]);
  if (n == latin1.size()) return memcmp(p, latin1.data(), n) == 0;
  for (const char ch : latin1) {  // stored with two-byte characters
    const auto c = static_cast<unsigned char>(ch);
    if (c < 0x80) {
      if (*p++ != ch) return false;
    } else {
      if (static_cast<unsigned char>(p[0]) != (0xC0 | (c >> 6)) || static_cast<unsigned char>(p[1]) != (0x80 | (c & 0x3F))) return false;
      p += 2;
    }
  }
  return true;
}

int32_t Dictionary::internHashed(std::string_view latin1, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    Slot& s = slots_[i];
    if (s.index == 0) {
      const auto index = static_cast<int32_t>(offsets_.size() - 1);
      s = {hash, index, static_cast<uint32_t>(latin1.size())};
      append(latin1);
      if (offsets_.size() * 2 > slots_.size()) grow();
      return index;
    }
    if (s.hash == hash && same(s, latin1)) return s.index;
  }
}

void Dictionary::append(std::string_view latin1) {
  bool ascii = true;
  for (const char c : latin1) ascii &= static_cast<unsigned char>(c) < 0x80;
  if (ascii) {
    bytes_.append(latin1);
  } else {
    for (const char ch : latin1) {
      const auto c = static_cast<unsigned char>(ch);
      if (c < 0x80) {
        bytes_.push_back(ch);
      } else {
        bytes_.push_back(static_cast<char>(0xC0 | (c >> 6)));
        bytes_.push_back(static_cast<char>(0x80 | (c & 0x3F)));
      }
    }
  }
  offsets_.push_back(static_cast<int32_t>(bytes_.size()));
}

void Dictionary::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& s : old) {
    if (s.index == 0) continue;
    size_t i = s.hash & mask;
    while (slots_[i].index != 0) i = (i + 1) & mask;
    slots_[i] = s;
  }
}

Batch::Batch(uint32_t max) : maxRows(max) {
  for (int c = 0; c < COLUMN_N; c++) {
    at_[c] = size_;
    size_ += (static_cast<size_t>(columnWidth(kColumns[c].type)) * maxRows + 7) & ~size_t{7};
  }
  data_.reset(static_cast<uint8_t*>(calloc(size_, 1)));  // pages that no row reached are never touched
  if (data_ == nullptr) abort();
  reset();
}

void Batch::reset() {
  for (; some_ != 0; some_ &= some_ - 1) {
    const int c = __builtin_ctzll(some_);
    memset(data_.get() + at_[c], 0, static_cast<size_t>(columnWidth(kColumns[c].type)) * rows);
  }
  rows = 0;
  exchanges = 0;
  dict.clear();
  for (HeaderLists& l : lists) l.clear();
  account.clear();
}

void BatchDone::operator()(Batch* b) const {
  const std::shared_ptr<BatchPool> pool = std::move(b->pool);
  if (pool != nullptr && b->dict.bytes() <= 4u << 20) {
    b->reset();
    const std::lock_guard<std::mutex> lock(pool->mutex_);
    if (pool->kept_.size() < BatchPool::kKept) {
      pool->kept_.push_back(b);
      return;
    }
  }
  delete b;
}

BatchPool::~BatchPool() {
  for (Batch* b : kept_) delete b;
}

BatchPtr BatchPool::take(uint32_t maxRows) {
  BatchPtr b;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!kept_.empty()) {
      b.reset(kept_.back());
      kept_.pop_back();
    }
  }
  if (b == nullptr) b.reset(new Batch(maxRows));
  b->pool = shared_from_this();
  return b;
}

}  // namespace hw
