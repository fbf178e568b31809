#include "head.h"

#include <array>
#include <cstring>

#include "llhttp.h"

namespace hw {

namespace {

struct Reading {
  std::string* bytes;
  Head* head;
  bool done = false, folded = false;
};

Reading& of(llhttp_t* p) { return *static_cast<Reading*>(p->data); }

// llhttp may report one part in pieces (folding): a piece behind an earlier one widens its span.
void widen(Reading& r, Span& s, const char* at, size_t n) {
  const auto off = static_cast<uint32_t>(at - r.bytes->data());
  if (s.len == 0) {
    s.at = off;
    s.len = static_cast<uint32_t>(n);
    return;
  }
  if (off > s.at + s.len) r.folded = true;
  s.len = off + static_cast<uint32_t>(n) - s.at;
}

int onName(llhttp_t* p, const char* at, size_t n) {
  Reading& r = of(p);
  auto& list = r.head->headers;
  if (list.empty() || list.back().value.at != 0) list.emplace_back();
  widen(r, list.back().name, at, n);
  return 0;
}

int onValue(llhttp_t* p, const char* at, size_t n) {
  Reading& r = of(p);
  if (r.head->headers.empty()) return 0;
  Span& s = r.head->headers.back().value;
  if (s.at == 0) s.at = static_cast<uint32_t>(at - r.bytes->data());
  if (n > 0) widen(r, s, at, n);
  return 0;
}

int onValueEnd(llhttp_t* p) {
  Reading& r = of(p);
  if (!r.head->headers.empty() && r.head->headers.back().value.at == 0) {
    const Span& name = r.head->headers.back().name;  // an empty value: remember that it was seen
    r.head->headers.back().value.at = name.at + name.len + 1;
  }
  return 0;
}

int onHeadersComplete(llhttp_t* p) {
  of(p).done = true;
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t s = [] {
    llhttp_settings_t v;
    llhttp_settings_init(&v);
    v.on_header_field = onName;
    v.on_header_value = onValue;
    v.on_header_value_complete = onValueEnd;
    v.on_headers_complete = onHeadersComplete;
    return v;
  }();
  return s;
}

void trim(const std::string& bytes, Span& s) {
  while (s.len > 0) {
    const char c = bytes[s.at + s.len - 1];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') break;
    s.len--;
  }
}

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> t{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) t[static_cast<unsigned char>(c)] = true;
  return t;
}();

bool isTokenChar(unsigned char c) { return kToken[c]; }

// The request line's method and target by position; llhttp then checks the rest of the head.
bool readRequestLine(std::string_view bytes, Framed& out) {
  const size_t n = bytes.size();
  size_t i = 0;
  while (i < n && isTokenChar(static_cast<unsigned char>(bytes[i]))) i++;
  if (i == 0 || i > 64 || i >= n || bytes[i] != ' ') return false;
  out.method = {0, static_cast<uint32_t>(i)};
  const size_t target = i + 1;
  const void* lf = memchr(bytes.data() + target, '\n', n - target);
  if (lf == nullptr) return false;
  size_t end = static_cast<size_t>(static_cast<const char*>(lf) - bytes.data());
  if (end > target && bytes[end - 1] == '\r') end--;
  const size_t version = bytes.rfind(' ', end - 1);
  if (version == std::string_view::npos || version <= target || end - version != 9) return false;
  if (memcmp(bytes.data() + version + 1, "HTTP/1.", 7) != 0) return false;
  out.target = {static_cast<uint32_t>(target), static_cast<uint32_t>(version - target)};
  return out.target.len > 0 && memchr(bytes.data() + target, ' ', out.target.len) == nullptr;
}

}  // namespace

size_t headEnd(const char* data, size_t n, size_t from) {
  size_t i = from > 3 ? from - 3 : 0;
  while (i < n) {
    const void* hit = memchr(data + i, '\n', n - i);
    if (hit == nullptr) return 0;
    i = static_cast<size_t>(static_cast<const char*>(hit) - data) + 1;
    if (i < n && data[i] == '\n') return i + 1;
    if (i + 1 < n && data[i] == '\r' && data[i + 1] == '\n') return i + 2;
  }
  return 0;
}

namespace {

// Runs llhttp over a whole head; `done` is where its callback notes the blank line.
HeadResult run(Kind kind, llhttp_t& p, std::string_view bytes, const bool& done, Framed& out) {
  size_t from = 0;
  if (kind == REQUEST) {
    if (!readRequestLine(bytes, out)) return HeadResult::MALFORMED;
    // llhttp knows a closed list of methods; any RFC 9110 token is legal, so it is fed a stand-in that frames the same.
    const bool connect = bytes.substr(0, out.method.len) == "CONNECT";
    if (llhttp_execute(&p, connect ? "CONNECT" : "POST", connect ? 7 : 4) != HPE_OK) return HeadResult::MALFORMED;
    from = out.method.len;
  }
  llhttp_execute(&p, bytes.data() + from, bytes.size() - from);
  if (!done) return HeadResult::MALFORMED;
  out.major = p.http_major;
  out.minor = p.http_minor;
  out.status = kind == RESPONSE ? p.status_code : 0;
  out.chunked = (p.flags & F_CHUNKED) != 0;
  out.hasLength = (p.flags & F_CONTENT_LENGTH) != 0;
  out.contentLength = p.content_length;
  out.upgrade = p.upgrade != 0;
  return HeadResult::OK;
}

}  // namespace

HeadResult parseHead(Kind kind, std::string& bytes, bool truncated, Head& out) {
  out.clear();
  out.headers.clear();
  if (truncated) {
    const size_t lf = bytes.rfind('\n');
    bytes.resize(lf == std::string::npos ? 0 : lf + 1);
    bytes += "\r\n";
  }
  Reading reading{&bytes, &out};
  llhttp_t p;
  llhttp_init(&p, kind == REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
  p.data = &reading;
  const HeadResult result = run(kind, p, bytes, reading.done, out);
  if (result != HeadResult::OK) return result;
  out.count = out.headers.size();
  for (size_t i = 0; i < out.count; i++) {
    trim(bytes, out.headers[i].value);
    out.note(i, view(bytes, out.headers[i].name));
  }
  if (reading.folded)
    for (HeaderSpan& h : out.headers)
      for (uint32_t i = h.value.at; i < h.value.at + h.value.len; i++)
        if (bytes[i] == '\r' || bytes[i] == '\n') bytes[i] = ' ';
  return HeadResult::OK;
}

HeadResult judgeHead(Kind kind, std::string_view bytes, const llhttp_t& fresh, Framed& out) {
  bool done = false;
  llhttp_t p = fresh;
  p.data = &done;
  return run(kind, p, bytes, done, out);
}

void initHeadJudge(Kind kind, llhttp_t& fresh, llhttp_t& behindStart) {
  static const llhttp_settings_t s = [] {
    llhttp_settings_t v;
    llhttp_settings_init(&v);
    v.on_headers_complete = [](llhttp_t* p) -> int {
      if (p->data != nullptr) *static_cast<bool*>(p->data) = true;
      return HPE_PAUSED;
    };
    return v;
  }();
  llhttp_init(&fresh, kind == REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &s);
  behindStart = fresh;
  const std::string_view line = kind == REQUEST ? "POST / HTTP/1.1\r\n" : "HTTP/1.1 200 OK\r\n";
  llhttp_execute(&behindStart, line.data(), line.size());
}

StartLook lookAtStart(const char* data, size_t n) {
  static constexpr char kResponse[] = "HTTP/1.";
  const size_t k = n < 7 ? n : 7;
  if (n > 0 && memcmp(data, kResponse, k) == 0) return n >= 7 ? StartLook::RESPONSE : StartLook::MAYBE_RESPONSE;
  if (n == 0) return StartLook::MAYBE_REQUEST;
  if (data[0] < 'A' || data[0] > 'Z') return StartLook::NO;
  size_t i = 1;
  while (i < n && i <= 32 && isTokenChar(static_cast<unsigned char>(data[i])) && !(data[i] >= 'a' && data[i] <= 'z')) i++;
  if (i == n) return StartLook::MAYBE_REQUEST;
  return data[i] == ' ' ? StartLook::REQUEST : StartLook::NO;
}

}  // namespace hw
