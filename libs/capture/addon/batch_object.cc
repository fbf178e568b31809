#include "batch_object.h"

#include <cstring>

namespace hw {

namespace {

struct Part {
  const void* data;
  size_t size;
};

}  // namespace

Napi::Object batchObject(Napi::Env env, const Batch& b) {
  std::vector<Part> parts;
  const Dictionary& d = b.dict;
  parts.push_back({d.offsets().data(), d.offsets().size() * 4});
  parts.push_back({d.text().data(), d.text().size()});
  for (int c = 0; c < COLUMN_N; c++) {
    const uint32_t width = columnWidth(kColumns[c].type);
    if (width > 0) parts.push_back({b.column(static_cast<Column>(c)), static_cast<size_t>(width) * b.rows});
  }
  for (const HeaderLists& l : b.lists) {
    parts.push_back({l.offsets.data(), l.offsets.size() * 4});
    parts.push_back({l.name.data(), l.entries * 4});
    parts.push_back({l.value.data(), l.entries * 4});
    parts.push_back({l.action.data(), l.entries});
  }
  size_t total = 0;
  for (const Part& p : parts) total += (p.size + 7) & ~size_t{7};
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, total);
  auto* to = static_cast<uint8_t*>(buffer.Data());
  for (const Part& p : parts) {
    if (p.size > 0) memcpy(to, p.data, p.size);
    to += (p.size + 7) & ~size_t{7};
  }
  Napi::Object o = Napi::Object::New(env);
  o.Set("rows", b.rows);
  o.Set("dictionaryEntries", static_cast<double>(d.offsets().size() - 1));
  o.Set("dictionaryBytes", static_cast<double>(d.text().size()));
  o.Set("requestHeaders", static_cast<double>(b.lists[0].entries));
  o.Set("responseHeaders", static_cast<double>(b.lists[1].entries));
  o.Set("account", b.account);
  o.Set("buffer", buffer);
  return o;
}

}  // namespace hw
