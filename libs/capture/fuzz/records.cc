// libFuzzer: the input is a list of [u32 LE length][wire record], as a recording; two sockets at most, so that records
// meet. The payload is also read as a head, both ways. After every record the start account is recounted; the sanitizers watch the rest.
#include <cstdio>
#include <cstdlib>

#include "../core/core.h"
#include "same_head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hw::Options o;
  o.maxRows = 16;
  o.reassemblyMaxBytes = 65536;
  o.maxPending = 8;
  o.maxHeldRecords = 8;
  o.key = {"k", std::string(32, 'k')};
  hw::Core core(o, [](hw::BatchPtr& b) {
    b->reset();
    return true;
  });
  static hw::HeadReader reader;
  std::string record;
  while (size >= 4) {
    uint32_t n;
    memcpy(&n, data, 4);
    data += 4;
    size -= 4;
    n %= 8192;
    if (n > size) n = static_cast<uint32_t>(size);
    record.assign(reinterpret_cast<const char*>(data), n);
    if (n >= sizeof(hw_close)) {
      const uint64_t cookie = static_cast<uint8_t>(record[16]) & 1;
      memcpy(record.data() + 16, &cookie, 8);
    }
    if (n > sizeof(hw_chunk)) {
      const std::string_view payload = std::string_view(record).substr(sizeof(hw_chunk));
      hw::expectSameHead(reader, hw::REQUEST, payload);
      hw::expectSameHead(reader, hw::RESPONSE, payload);
    }
    core.onRecord(record.data(), record.size());
    core.tick(core.nowNs, core.nowNs);
    if (!core.audit()) abort();
    data += n;
    size -= n;
  }
  core.flush(core.nowNs);
  if (!core.audit()) abort();
  return 0;
}
