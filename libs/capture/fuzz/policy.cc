// libFuzzer: a host policy, a narrowing one and heads from the input. What leaves with memory of lines and names is what
// leaves without; no credential is kept, masked or hashed; the narrowing one never makes anything clearer.
#include <cstdio>
#include <cstdlib>

#include "../core/filter.h"
#include "../core/head_reader.h"
#include "../core/policy.h"

namespace {

using namespace hw;

constexpr const char* kNames[] = {"authorization", "cookie", "x-id", "x-api-key", "user-agent", "accept", "referer", "date", "x-trace", "set-cookie", "content-type", "x-a", "dpop", "signature-input", "host", "location"};
constexpr const char* kGlobs[] = {"*", "x-*", "*e*", "authorization", "cookie", "x-id", "accept", "?-a", "set-*", "user-agent", "referer", "date", "*-*", "h*t", "x-trace", ""};
constexpr const char* kValues[] = {"Bearer abcdefghijkl", "a=b; c=d", "17", "secret-value-1", "curl/8", "*/*", "https://u:p@h/x?y=z", "Sun, 22 Nov 2026 10:00:00 GMT", "00-4bf92f-01", "sid=abc; Path=/", "text/plain",
                                  "\xe4\xf6", "eyJhbGciOiJub25lIn0.e30.", "sig=(\"@path\");alg=\"ed25519\"", "api.example:80", "/a/b?c=d"};
constexpr Action kActions[] = {A_KEEP, A_MASK, A_HASH, A_PRESENCE, A_DROP};

struct Reader {
  const uint8_t* p;
  size_t left;
  unsigned next(unsigned below) {
    if (left == 0) return 0;
    left--;
    return *p++ % below;
  }
};

PolicyLayer layer(Reader& in, const char* id) {
  PolicyLayer l;
  l.id = id;
  l.pathKeep = in.next(2) != 0;
  l.queryNames = in.next(2) != 0;
  l.clientAddress = static_cast<AddressMode>(in.next(3));
  for (unsigned n = in.next(6); n > 0; n--) {
    Rule r;
    r.header = kGlobs[in.next(16)];
    r.action = kActions[in.next(5)];
    r.direction = static_cast<int>(in.next(3)) - 1;
    const unsigned where = in.next(8);
    if (where == 0) r.service = "shop*";
    if (where == 1) r.route = "/a/*";
    l.rules.push_back(r);
  }
  for (unsigned n = in.next(3); n > 0; n--) {
    LogFilter f;
    f.oneIn = in.next(4);
    if (in.next(2) != 0) f.match.header = kGlobs[in.next(15)];
    if (in.next(2) != 0) f.match.classes = static_cast<uint8_t>(in.next(64));
    if (in.next(2) != 0) f.match.path = "/a*";
    l.filters.push_back(f);
  }
  return l;
}

struct Left {
  std::string name, value;
  uint8_t action;
};

std::vector<Left> leaving(Policy& policy, HeadReader& reader, Kind kind, std::string bytes, const RowContext& row, Batch& batch) {
  Head head;
  std::vector<Left> out;
  reader.scan(bytes.data(), bytes.size());
  if (reader.read(kind, bytes, false, head) != HeadResult::OK) return out;
  const size_t from = batch.lists[kind].entries;
  policy.writeHeaders(batch, kind, bytes, head, row);
  const HeaderLists& l = batch.lists[kind];
  auto text = [&](int32_t i) {
    const auto a = static_cast<size_t>(batch.dict.offsets()[static_cast<size_t>(i)]), b = static_cast<size_t>(batch.dict.offsets()[static_cast<size_t>(i) + 1]);
    return batch.dict.text().substr(a, b - a);
  };
  for (size_t i = from; i < l.entries; i++) out.push_back({text(l.name[i]), text(l.value[i]), l.action[i]});
  return out;
}

void fail(const char* what, std::string_view head) {
  fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(head.size()), head.data());
  abort();
}

constexpr int kStrict[] = {0, 3, 2, 1, 2, 4};  // by Action

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader in{data, size};
  // their tables are large, so they are made once
  static Rules host, both, changing;
  static Policy own(host), narrowed(both), changed(changing);
  static HeadReader readers[3];
  static Batch a(64), b(64), c(64);
  host = {};
  host.key = {"k", std::string(32, 'k')};
  host.policy = layer(in, "host");
  both = host;
  both.narrowed = true;
  both.narrowing = layer(in, "fleet");
  if (both.pathKeep() && !host.pathKeep()) abort();
  if (both.queryNames() && !host.queryNames()) abort();
  if (both.clientAddress() < host.clientAddress()) abort();

  changing = host;
  for (Policy* p : {&own, &narrowed, &changed}) p->reload();
  for (HeadReader& r : readers) r.forget();
  for (Batch* batch : {&a, &b, &c}) batch->reset();
  const RowContext row{in.next(2) != 0 ? "shop-1" : "other", in.next(2) != 0 ? "/a/{int}" : "/b", 1700000000};
  for (int round = 0; round < 4; round++) {
    const auto kind = static_cast<Kind>(in.next(2));
    std::string bytes = kind == REQUEST ? "GET /a/1?b=2 HTTP/1.1\r\n" : "HTTP/1.1 200 OK\r\n";
    for (unsigned n = in.next(8); n > 0; n--) {
      bytes += std::string(kNames[in.next(16)]) + ": " + kValues[in.next(16)];
      if (in.next(4) == 0) bytes += static_cast<char>(32 + in.next(95));
      bytes += "\r\n";
    }
    bytes += "\r\n";
    std::vector<Left> first;
    for (int again = 0; again < 3; again++) {
      const auto x = leaving(own, readers[0], kind, bytes, row, a), y = leaving(narrowed, readers[1], kind, bytes, row, b);
      if (again == 0) first = x;
      if (x.size() != first.size()) fail("memory changes what leaves", bytes);
      for (size_t i = 0; i < x.size(); i++)
        if (x[i].name != first[i].name || x[i].value != first[i].value || x[i].action != first[i].action) fail("memory changes a value", bytes);
      for (const Left& l : x)
        if (secretKind(l.name) != SecretKind::NONE && l.action != A_SUMMARY && l.action != A_PRESENCE) fail("a credential leaves", bytes);
      if (y.size() > x.size()) fail("a narrowing policy adds", bytes);
      size_t j = 0;  // y is x with some left out
      for (const Left& l : y) {
        while (j < x.size() && x[j].name != l.name) j++;
        if (j == x.size()) fail("a narrowing policy adds a header", bytes);
        bool found = false;
        for (size_t k = j; k < x.size() && !found; k++)
          found = x[k].name == l.name && (kStrict[l.action] > kStrict[x[k].action] || (l.action == x[k].action && l.value == x[k].value) || (l.action == A_HASH && x[k].action == A_SUMMARY));
        if (!found) fail("a narrowing policy makes clearer", bytes);
      }
      // rules that change while it runs: afterwards as if they had never been others
      if (round == 2 && again == 1) {
        static_cast<Rules&>(changing) = both;
        readers[2].forget();
        changed.reload();
      }
      const auto z = leaving(changed, readers[2], kind, bytes, row, c);
      const auto& expected = round > 2 || (round == 2 && again >= 1) ? y : x;
      if (z.size() != expected.size()) fail("changed rules leave another list", bytes);
      for (size_t i = 0; i < z.size(); i++)
        if (z[i].value != expected[i].value || z[i].action != expected[i].action) fail("changed rules leave another value", bytes);
    }
    if (in.next(2) != 0) {
      for (Batch* batch : {&a, &b, &c}) batch->reset();
      own.newBatch();
      narrowed.newBatch();
      changed.newBatch();
    }
    Head head;
    if (parseHead(kind, bytes, false, head) == HeadResult::OK && kind == REQUEST) {
      ExchangeFacts f;
      f.method = "GET";
      f.path = "/a/1";
      f.service = row.service;
      f.status = static_cast<uint16_t>(in.next(6) * 100);
      f.of[REQUEST] = {&bytes, &head};
      const uint32_t h = askFilters(host, f).oneIn, n = askFilters(both, f).oneIn;
      if ((h == 0 && n != 0) || (h > 0 && n != 0 && n < h)) fail("a narrowing policy logs more", bytes);
    }
  }
  return 0;
}
