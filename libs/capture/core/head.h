// One message head: where its parts lie in its bytes, and what frames its body. llhttp decides what is HTTP.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "glob.h"
#include "llhttp.h"
#include "reasons.h"

namespace hw {

struct Span {
  uint32_t at = 0, len = 0;
};

struct Line;   // head_reader.h
struct Start;

struct HeaderSpan {
  Span name, value;
  Line* line = nullptr;  // what is known of this line, as long as its serial is this one
  uint32_t serial = 0;
};

inline bool sameName(std::string_view name, std::string_view lowerCase) {
  if (name.size() != lowerCase.size()) return false;
  for (size_t i = 0; i < name.size(); i++)
    if (lower(name[i]) != lowerCase[i]) return false;
  return true;
}

// What llhttp says of a start line with the lines that frame.
struct Framed {
  Span method, target;
  uint16_t status = 0;
  uint8_t major = 1, minor = 1;
  bool chunked = false, hasLength = false, upgrade = false;
  uint64_t contentLength = 0;
};

struct Head : Framed {
  Start* start = nullptr;  // likewise
  uint32_t startSerial = 0;
  size_t count = 0;                 // of headers
  int32_t host = -1, contentType = -1;  // the first of that name
  std::vector<HeaderSpan> headers;  // may be longer than count: its capacity is reused

  void clear() {
    static_cast<Framed&>(*this) = {};
    start = nullptr;
    count = 0;
    host = contentType = -1;
  }
  // Notes header `i` when a row needs its value.
  void note(size_t i, std::string_view name) {
    if (name.size() == 4 && host < 0 && sameName(name, "host")) host = static_cast<int32_t>(i);
    if (name.size() == 12 && contentType < 0 && sameName(name, "content-type")) contentType = static_cast<int32_t>(i);
  }
  std::span<const HeaderSpan> fields() const { return {headers.data(), count}; }
};

enum class HeadResult : uint8_t { OK, MALFORMED };

// Offset just behind the blank line, or 0. `from` is how far earlier calls have looked.
size_t headEnd(const char* data, size_t n, size_t from);

// Reads a head that `headEnd` found whole. Folded lines are unfolded in place (CR LF become spaces).
// With `truncated`, `bytes` is what there is of a longer head: whole lines are read, the rest is left out.
HeadResult parseHead(Kind kind, std::string& bytes, bool truncated, Head& out);

// The same without the header spans; `fresh` is what initHeadJudge made of it.
HeadResult judgeHead(Kind kind, std::string_view bytes, const llhttp_t& fresh, Framed& out);
// An llhttp at the beginning of a message, and one behind a start line of HTTP/1.1. Neither reports spans.
void initHeadJudge(Kind kind, llhttp_t& fresh, llhttp_t& behindStart);

// A token of upper-case letters (a method) and a space, "HTTP/1.", or neither; 'needs more' when n is short.
enum class StartLook : uint8_t { NO, REQUEST, RESPONSE, MAYBE_REQUEST, MAYBE_RESPONSE };
StartLook lookAtStart(const char* data, size_t n);

inline std::string_view view(const std::string& bytes, Span s) { return {bytes.data() + s.at, s.len}; }

}  // namespace hw
