// Both ways to read a head, held against each other: parseHead (all through llhttp) and HeadReader (with memory).
#pragma once
#include <cstdio>
#include <cstdlib>

#include "../core/head_reader.h"

namespace hw {

// The reader keeps what it learnt from one call to the next: that is the point. Aborts on any difference.
inline void expectSameHead(HeadReader& reader, Kind kind, std::string_view text) {
  const size_t end = headEnd(text.data(), text.size(), 0);
  const size_t scanned = reader.scan(text.data(), text.size());
  auto fail = [&](const char* what) {
    fprintf(stderr, "%s heads differ in %s: %.*s\n", kind == REQUEST ? "request" : "response", what, static_cast<int>(text.size()), text.data());
    abort();
  };
  if (scanned != end) fail("their end");
  if (end == 0) return;
  for (int again = 0; again < 3; again++) {
    std::string a(text.substr(0, end)), b = a;
    Head x, y;
    const HeadResult r = parseHead(kind, a, false, x);
    if (reader.read(kind, b, false, y) != r) fail(r == HeadResult::OK ? "validity: llhttp takes it" : "validity: llhttp refuses it");
    if (r != HeadResult::OK) continue;
    if (a != b) fail("bytes");
    if (x.count != y.count) fail("the number of headers");
    for (size_t i = 0; i < x.count; i++)
      if (view(a, x.headers[i].name) != view(b, y.headers[i].name) || view(a, x.headers[i].value) != view(b, y.headers[i].value)) fail("a header");
    if (view(a, x.method) != view(b, y.method) || view(a, x.target) != view(b, y.target)) fail("the request line");
    if (x.status != y.status || x.major != y.major || x.minor != y.minor) fail("the status line");
    if (x.chunked != y.chunked || x.hasLength != y.hasLength || x.contentLength != y.contentLength || x.upgrade != y.upgrade) fail("framing");
  }
}

}  // namespace hw
