// Sampling is unbiased: random mixes of kinds, rates that change between exchanges, tables too small for all kinds, time
// that passes; over many seeds the mean of the summed weights is the true number, and no exchange is favoured.
// Prints "ok N" or stops at the first difference. Run by src/native.spec.ts.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "../../core/hash.h"
#include "../../core/sampling.h"

using namespace hw;

namespace {

int checks = 0;

void check(bool ok, const char* what, double got, double wanted) {
  checks++;
  if (ok) return;
  fprintf(stderr, "test/native/sampling.cc: %s: %g, not %g\n", what, got, wanted);
  exit(1);
}

uint64_t x = 88172645463325252ULL;
uint64_t next(uint64_t below) {
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return (x >> 33) % below;
}

struct One {
  uint64_t kind, atNs;
  uint32_t oneIn;
};

void unbiased(size_t kinds, size_t n, bool rates, bool gaps, size_t sets) {
  std::vector<One> traffic;
  const auto rate = static_cast<uint32_t>(2 + next(30));
  uint64_t at = 1;
  for (size_t i = 0; i < n; i++) {
    at += gaps && next(40) == 0 ? 90000000000ULL : 1000;
    traffic.push_back({hw::mix(next(kinds) + 1, 0x9e3779b97f4a7c15ULL), at, rates && next(10) == 0 ? static_cast<uint32_t>(2 + next(30)) : rate});
  }
  constexpr int kDraws = 3000;
  double sum = 0, variance = 0;
  for (const One& o : traffic) variance += o.oneIn - 1;  // of independent draws; blocks have less
  std::vector<int> kept(n);
  for (int seed = 1; seed <= kDraws; seed++) {
    Sampler s(static_cast<uint64_t>(seed) * 7919, sets);
    for (size_t i = 0; i < n; i++) {
      if (!s.keep(traffic[i].kind, traffic[i].oneIn, traffic[i].atNs)) continue;
      sum += traffic[i].oneIn;
      kept[i]++;
    }
  }
  check(std::fabs(sum / kDraws - static_cast<double>(n)) < 5 * std::sqrt(variance / kDraws), "the mean of the summed weights", sum / kDraws, static_cast<double>(n));
  for (size_t i = 0; i < n; i++) {
    const double p = 1.0 / traffic[i].oneIn, wanted = kDraws * p;
    check(std::fabs(kept[i] - wanted) < 6 * std::sqrt(kDraws * p * (1 - p)), "how often one exchange is kept", kept[i], wanted);
  }
}

}  // namespace

int main() {
  for (int i = 0; i < 12; i++) unbiased(1 + next(12), 20 + next(150), i % 2 != 0, i % 3 == 0, i % 4 == 0 ? 1 : 64);
  // whole blocks are exact, kind by kind, whatever is between them
  for (int i = 0; i < 200; i++) {
    Sampler s(static_cast<uint64_t>(i) + 1);
    std::map<uint64_t, int> weight;
    const auto oneIn = static_cast<uint32_t>(2 + next(20));
    for (uint32_t k = 0; k < oneIn * 5 * 3; k++)
      if (s.keep(k % 3, oneIn, k)) weight[k % 3] += static_cast<int>(oneIn);
    for (uint64_t kind = 0; kind < 3; kind++) check(weight[kind] == static_cast<int>(oneIn) * 5, "five whole blocks", weight[kind], oneIn * 5);
  }
  // the table is bounded: what does not fit shares a few blocks, and is still one of N
  Sampler small(5, 4);
  int kept = 0;
  for (int i = 0; i < 200000; i++) kept += small.keep(static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15ULL, 10, 1);
  check(small.overflowed > 190000, "overflow", static_cast<double>(small.overflowed), 190000);
  check(std::abs(kept - 20000) < 300, "one of ten of endless kinds", kept, 20000);
  // without a seed two samplers differ
  Sampler a(0), b(0);
  int same = 0;
  for (uint64_t i = 0; i < 64; i++) same += a.keep(i, 1000000, 1) == b.keep(i, 1000000, 1);
  check(same > 0, "seeds", same, 64);
  bool differ = false;
  for (uint64_t i = 0; i < 64 && !differ; i++) differ = a.keep(1000 + i, 2, 1) != b.keep(1000 + i, 2, 1);
  check(differ, "samplers of the kernel's seeds differ", 0, 1);
  printf("ok %d\n", checks);
}
