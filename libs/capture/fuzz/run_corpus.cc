// Runs the fuzz target over the files named on the command line: the corpus as a unit test, without clang. With
// --random N also N random inputs, and with --heads N heads put together at random from usual and unusual lines, read with and without
// memory.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "same_head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr const char* kStarts[2][8] = {
    {"GET / HTTP/1.1", "POST /a?b=c HTTP/1.0", "CONNECT a:443 HTTP/1.1", "GET  / HTTP/1.1", "get / HTTP/1.1", "GET /\x01 HTTP/1.1", "PURGE * HTTP/1.1", "GET / HTTP/2.0"},
    {"HTTP/1.1 200 OK", "HTTP/1.0 204", "HTTP/1.1 304 ", "HTTP/1.1 20 x", "HTTP/1.1 101 Up", "HTTP/1.1 200 a\rb", "HTTP/1.1 500 \xe4", "HTTP/1.1  200"}};
constexpr const char* kLines[] = {
    "A: b", "A:b", "A:", "A:  ", "A : b", "A\t: b", "Content-Length: 5", "content-length: 5", "Content-Length: 6", "Content-Length : 5", "Content-Length: x", "Content-Length:",
    "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip", "Connection: close", "Connection: keep-alive, upgrade", "Connection:upgrade",
    "Upgrade: websocket", "Upgrade:", "Proxy-Connection: close", " folded", "\tfolded", "no colon", ": no name", "Bad(name: x", "X: a\rb", "X: \x01", "X: \xff\xfe", "Host: x",
    "Connection ", "Connectio: n", "Connection-X: close", "Content-Lengt: 1", "Date: Sun, 22 Nov 2026 10:00:00 GMT", "X_Y: 1", "X.Y: 1", "Cookie: a=b; c=d", "\x80: 1"};
constexpr const char* kEnds[] = {"\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r\r\n"};

void randomHeads(int n) {
  static hw::HeadReader reader;
  uint64_t x = 88172645463325252ULL;
  auto next = [&](size_t below) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return static_cast<size_t>(x >> 33) % below;
  };
  std::string head;
  for (int i = 0; i < n; i++) {
    const auto kind = static_cast<hw::Kind>(next(2));
    const bool odd = next(4) == 0;  // mostly valid, or nothing would be learnt
    head = kStarts[kind][next(odd ? 8 : 3)];
    head += odd ? kEnds[next(8)] : "\r\n";
    for (size_t k = next(7); k > 0; k--) {
      head += kLines[next(std::size(kLines))];
      if (next(8) == 0) head += std::to_string(next(300));
      head += odd ? kEnds[next(8)] : "\r\n";
    }
    head += "\r\n";
    hw::expectSameHead(reader, kind, head);
  }
}

void randomInputs(int n) {
  uint64_t x = 88172645463325252ULL;
  for (std::string bytes; n > 0; n--) {
    bytes.clear();
    for (size_t k = 1 + static_cast<size_t>(n) % 120; k > 0; k--) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      bytes += static_cast<char>(x >> 33);
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  int inputs = 0;
  for (int i = 1; i < argc; i++) {
    const std::string word = argv[i];
    if (word == "--random" && i + 1 < argc) {
      randomInputs(atoi(argv[++i]));
    } else if (word == "--heads" && i + 1 < argc) {
      randomHeads(atoi(argv[++i]));
    } else {
      std::ifstream in(argv[i], std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)), {});
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      inputs++;
    }
  }
  printf("%d inputs\n", inputs);
}
