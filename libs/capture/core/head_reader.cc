#include "head_reader.h"

#include <emmintrin.h>

#include <array>
#include <cstring>

#include "glob.h"

namespace hw {

namespace {

constexpr size_t kLineSets = 512, kMaxLine = 512, kStartSets = 512, kMaxStart = 1024;

constexpr std::array<bool, 256> kUsual = [] {
  std::array<bool, 256> t{};
  for (const char c : std::string_view("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) t[static_cast<unsigned char>(c)] = true;
  return t;
}();

// Does this field change how llhttp frames the message? Names with unusual characters count as if they did.
bool mayFrame(std::string_view name) {
  static constexpr std::string_view kFraming[] = {"upgrade", "connection", "content-length", "proxy-connection", "transfer-encoding"};
  for (const char c : name)
    if (!kUsual[static_cast<unsigned char>(c)]) return true;
  if (name.empty()) return true;
  const char first = lower(name[0]);
  if (first != 'u' && first != 'c' && first != 'p' && first != 't') return false;
  for (const std::string_view f : kFraming) {
    if (f.size() != name.size()) continue;
    size_t i = 0;
    while (i < f.size() && lower(name[i]) == f[i]) i++;
    if (i == f.size()) return true;
  }
  return false;
}

// A line that llhttp takes for certain, its name one that `mayFrame` refused: a colon, visible ASCII and spaces, CR LF.
bool plainLine(const char* line, size_t n, size_t name) {
  if (n < name + 3 || line[name] != ':' || line[n - 2] != '\r') return false;
  const char* p = line + name + 1;
  const char* end = line + n - 2;
  if (end - p < 16) {
    for (; p < end; p++)
      if (*p < ' ' || *p == 0x7f) return false;  // also bytes from 0x80 on: char is signed here
    return true;
  }
  const __m128i one = _mm_set1_epi8(1), blank = _mm_set1_epi8(' ');
  const auto plain = [&](const char* at) { return _mm_cmpgt_epi8(_mm_add_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), one), blank); };
  __m128i all = plain(end - 16);
  for (; p + 16 < end; p += 16) all = _mm_and_si128(all, plain(p));
  return _mm_movemask_epi8(all) == 0xffff;
}

HeaderSpan cut(const char* bytes, uint32_t at, uint32_t n) {
  const void* colon = memchr(bytes + at, ':', n);
  HeaderSpan h;
  h.name = {at, colon == nullptr ? n : static_cast<uint32_t>(static_cast<const char*>(colon) - bytes) - at};
  uint32_t from = at + h.name.len + (colon != nullptr), end = at + n;
  while (end > from && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r' || bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) end--;
  while (from < end && (bytes[from] == ' ' || bytes[from] == '\t')) from++;
  h.value = {from, end - from};
  return h;
}

// Bit masks of LF and CR in 64 bytes.
inline void find(const char* p, uint64_t& ends, uint64_t& returns) {
  const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
  ends = returns = 0;
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * k));
    ends |= static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, lf)))) << (16 * k);
    returns |= static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, cr)))) << (16 * k);
  }
}

}  // namespace

HeadReader::HeadReader() : known_{{kLineSets, kMaxLine}, {kLineSets, kMaxLine}}, starts_{{kStartSets, kMaxStart}, {kStartSets, kMaxStart}} {
  initHeadJudge(REQUEST, fresh_[REQUEST], judge_[REQUEST]);
  initHeadJudge(RESPONSE, fresh_[RESPONSE], judge_[RESPONSE]);
  missed_.reserve(kMaxLines);
}

void HeadReader::forget() {
  known_[REQUEST].clear();
  known_[RESPONSE].clear();
}

size_t HeadReader::scan(const char* data, size_t n) {
  size_t from = 0, lines = 0;
  uint64_t returnBefore = 0;
  bool plain = false, bare = false;  // bare: the line under way begins with a blank or a line end
  lines_ = scanned_ = 0;
  for (size_t i = 0; i < n; i += 64) {
    uint64_t ends, returns;
    if (i + 64 <= n) {
      find(data + i, ends, returns);
    } else if (n >= 64) {  // the last 64 bytes, without those looked at before
      find(data + n - 64, ends, returns);
      ends >>= i + 64 - n;
      returns >>= i + 64 - n;
    } else {
      char last[64] = {};
      memcpy(last, data + i, n - i);
      find(last, ends, returns);
    }
    const uint64_t behindReturn = returns << 1 | returnBefore;  // where a LF must be, and is the end of a CR LF
    const uint64_t all = ends;
    while (ends != 0) {
      const auto bit = static_cast<unsigned>(__builtin_ctzll(ends));
      const size_t at = i + bit;
      if (lines < kMaxLines) end_[lines++] = static_cast<uint32_t>(at + 1);
      else plain = true;
      if (bare && at - from <= 1 && (at == from || data[from] == '\r')) {
        const uint64_t upTo = ~uint64_t{0} >> (63 - bit);
        plain_ = plain || (behindReturn & ~all & upTo) != 0;
        lines_ = lines;
        return scanned_ = at + 1;
      }
      from = at + 1;
      bare = from < n && static_cast<unsigned char>(data[from]) <= ' ';
      if (bare && (data[from] == ' ' || data[from] == '\t')) plain = true;
      ends &= ends - 1;
    }
    if ((behindReturn & ~all) != 0) plain = true;
    returnBefore = returns >> 63;
  }
  return 0;
}

bool HeadReader::accepted(Kind kind, const char* line, size_t n) {
  llhttp_t p = judge_[kind];
  return llhttp_execute(&p, line, n) == HPE_OK;
}

// `n` bytes of key_; null: malformed.
Start* HeadReader::facts(Kind kind, size_t n) {
  const std::string_view key(key_.data(), n);
  const uint64_t hash = hashBytes(key);
  if (Start* known = starts_[kind].find(key, hash)) return known;
  Framed framed;
  memcpy(key_.data() + n, "\r\n", 2);
  if (judgeHead(kind, {key_.data(), n + 2}, fresh_[kind], framed) == HeadResult::MALFORMED) return nullptr;
  Start* s = starts_[kind].offer(key, hash);
  if (s == nullptr) s = &scratch_;
  static_cast<Framed&>(*s) = framed;
  return s;
}

HeadResult HeadReader::read(Kind kind, std::string& bytes, bool truncated, Head& out) {
  if (!truncated && scanned_ != bytes.size()) scan(bytes.data(), bytes.size());
  const bool plain = truncated || plain_ || scanned_ != bytes.size() || lines_ < 2;
  scanned_ = 0;
  if (plain) return parseHead(kind, bytes, truncated, out);
  out.clear();
  missed_.clear();
  const size_t headers = lines_ - 2;
  if (out.headers.size() < headers) out.headers.resize(headers);
  out.count = headers;
  if (key_.size() < bytes.size() + 2) key_.resize(bytes.size() + 2);
  char* key = key_.data();
  const auto frames = [&key](const char* p, size_t n) {
    memcpy(key, p, n);
    key += n;
  };
  frames(bytes.data(), end_[0]);
  for (size_t i = 0; i < headers; i++) {
    const uint32_t at = end_[i], n = end_[i + 1] - at;
    const std::string_view line(bytes.data() + at, n);
    const uint64_t hash = hashBytes(line);
    HeaderSpan& h = out.headers[i];
    if (Line* known = known_[kind].find(line, hash)) {
      h = {{at, known->nameLen}, {at + known->valueAt, known->valueLen}, known, known->serial};
      if (known->noted) out.note(i, view(bytes, h.name));
      if (known->frames) frames(line.data(), n);
      continue;
    }
    h = cut(bytes.data(), at, n);
    out.note(i, view(bytes, h.name));
    missed_.push_back({at, n, static_cast<uint32_t>(i), hash});
    if (mayFrame(view(bytes, h.name))) frames(line.data(), n);
    else if (!plainLine(line.data(), n, h.name.len) && !accepted(kind, line.data(), n)) return HeadResult::MALFORMED;
  }
  Start* s = facts(kind, static_cast<size_t>(key - key_.data()));
  if (s == nullptr) return HeadResult::MALFORMED;
  static_cast<Framed&>(out) = *s;
  if (s != &scratch_) {
    out.start = s;
    out.startSerial = s->serial;
  }
  for (const Missed& m : missed_) {
    Line* l = known_[kind].offer({bytes.data() + m.at, m.len}, m.hash);
    if (l == nullptr) continue;
    HeaderSpan& h = out.headers[m.header];
    l->nameLen = h.name.len;
    l->valueAt = h.value.at - m.at;
    l->valueLen = h.value.len;
    l->frames = mayFrame(view(bytes, h.name));
    l->noted = h.name.len == 4 || h.name.len == 12;
    h.line = l;
    h.serial = l->serial;
  }
  return HeadResult::OK;
}

}  // namespace hw
