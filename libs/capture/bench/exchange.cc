// Pushes exchanges with 8 + 8 headers through the whole core, as the ring would. Prints ns per exchange; under
// `valgrind --tool=callgrind` its instructions, divided by the number of exchanges, are the committed figure.
// Kinds: "repeated" (64 paths and tokens, dates by the second), "unique" (also an id of its own in both heads and in the path).
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "../core/core.h"

using namespace hw;

namespace {

constexpr int kConnections = 16;

bool unique = true;

std::string id(int i) { return std::to_string(100000000000 + (unique ? i : i % 64)); }

std::string request(int i) {
  return "GET /api/orders/" + std::to_string(unique ? 1000000 + i : 1000 + i % 64) +
         "?page=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, br\r\nAuthorization: Bearer abcdef0123456789-" + std::to_string(i % 64) +
         "\r\nX-Request-Id: 00000000-0000-4000-8000-" + id(i) + "\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n";
}

std::string response(int i) {
  return "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 10:00:" + std::to_string(10 + i / 10000 % 50) +
         " GMT\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: keep-alive\r\nCache-Control: no-store\r\nX-Request-Id: 00000000-0000-4000-8000-" + id(i) +
         "\r\nVary: Accept-Encoding\r\n\r\n{\"ok\":true} \n";
}

void push(std::string& out, uint8_t dir, uint64_t sock, uint64_t ts, uint64_t pos, uint32_t ordinal, const std::string& bytes) {
  hw_chunk c{};
  c.type = HW_T_DATA;
  c.dir = dir;
  c.flags = static_cast<__u16>(HW_F_START | HW_F_HEAD_END | (dir == HW_TX ? HW_F_RESPONSE : 0));
  c.cap = static_cast<__u16>(bytes.size());
  c.len = static_cast<__u32>(bytes.size());
  c.ts_ns = ts;
  c.sock = sock;
  c.pos = pos;
  c.ordinal = ordinal;
  c.starts = c.chunks = 1;
  c.tgid = 4242;
  const auto n = static_cast<uint32_t>(sizeof c + bytes.size());
  out.append(reinterpret_cast<const char*>(&n), 4);
  out.append(reinterpret_cast<const char*>(&c), sizeof c);
  out += bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const int exchanges = argc > 1 ? atoi(argv[1]) : 20000, rounds = argc > 2 ? atoi(argv[2]) : 1;
  unique = argc > 3 && strcmp(argv[3], "unique") == 0;
  std::string records;
  uint64_t pos[kConnections][2] = {}, ts = 1000000000;
  uint32_t ordinal[kConnections] = {};
  for (int i = 0; i < kConnections; i++) {
    hw_conn c{};
    c.type = HW_T_CONN;
    c.family = 2;
    c.local_port = 8080;
    c.ts_ns = ts;
    c.sock = static_cast<uint64_t>(i) + 1;
    c.tgid = 4242;
    c.peer_addr[0] = 10;
    memcpy(c.comm, "nginx", 6);
    const uint32_t n = sizeof c;
    records.append(reinterpret_cast<const char*>(&n), 4);
    records.append(reinterpret_cast<const char*>(&c), sizeof c);
  }
  const size_t head = records.size();
  for (int i = 0; i < exchanges; i++) {
    const int k = i % kConnections;
    const std::string q = request(i), s = response(i);
    ordinal[k]++;
    push(records, HW_RX, static_cast<uint64_t>(k) + 1, ts += 20000, pos[k][0], ordinal[k], q);
    push(records, HW_TX, static_cast<uint64_t>(k) + 1, ts += 30000, pos[k][1], ordinal[k], s);
    pos[k][0] += q.size();
    pos[k][1] += s.size();
  }
  (void)head;
  double best = 1e18;
  for (int r = 0; r < rounds; r++) {
    Options o;
    o.key = {"k1", std::string(32, '\x42')};
    uint64_t rows = 0, batches = 0;
    Core core(o, [&](BatchPtr& b) {
      rows += b->rows;
      batches++;
      b.reset();
      return true;
    });
    core.tick(900000000, 900000000);
    const auto from = std::chrono::steady_clock::now();
    uint32_t seen = 0;
    for (size_t i = 0; i + 4 <= records.size();) {
      uint32_t n;
      memcpy(&n, records.data() + i, 4);
      core.onRecord(records.data() + i + 4, n);
      if (++seen % 64 == 0) core.tick(core.nowNs, core.nowNs);
      i += 4 + n;
    }
    core.flush(core.nowNs);
    const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - from).count() / exchanges;
    if (ns < best) best = ns;
    if (rows != static_cast<uint64_t>(exchanges)) {
      fprintf(stderr, "wrong: %llu rows of %d exchanges\n", static_cast<unsigned long long>(rows), exchanges);
      return 1;
    }
  }
  printf("{\"traffic\":\"%s\",\"exchanges\":%d,\"ns_per_exchange\":%.0f}\n", unique ? "unique" : "repeated", exchanges, best);
}
