#include "route.h"

#include <array>
#include <cstdint>

#include "facts.h"

namespace hw {

namespace {

constexpr size_t kMaxSegments = 12, kMaxPath = 1024, kLongSegment = 40, kMixedSegment = 16, kHexSegment = 16;

bool digit(char c) { return c >= '0' && c <= '9'; }

bool digitsAt(std::string_view s, size_t at, size_t n) {
  if (at + n > s.size()) return false;
  for (size_t i = at; i < at + n; i++)
    if (!digit(s[i])) return false;
  return true;
}

// YYYY-MM, YYYY-MM-DD, and the latter with a time behind T or a space.
bool isDate(std::string_view s) {
  if (!digitsAt(s, 0, 4) || s.size() < 7 || s[4] != '-' || !digitsAt(s, 5, 2)) return false;
  const int month = (s[5] - '0') * 10 + (s[6] - '0');
  if (month < 1 || month > 12) return false;
  if (s.size() == 7) return true;
  if (s[7] != '-' || !digitsAt(s, 8, 2)) return false;
  const int day = (s[8] - '0') * 10 + (s[9] - '0');
  if (day < 1 || day > 31) return false;
  if (s.size() == 10) return true;
  if (s[10] != 'T' && s[10] != 't') return false;
  for (size_t i = 11; i < s.size(); i++)
    if (!digit(s[i]) && s[i] != ':' && s[i] != '.' && s[i] != 'Z' && s[i] != 'z' && s[i] != '+' && s[i] != '-') return false;
  return s.size() > 11 && s.size() <= 40;
}

enum : uint8_t { DIGIT = 1, HEX_LETTER = 2, LOWER = 4, UPPER = 8, UNUSUAL = 16 };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> t{};
  for (int c = 0; c < 256; c++) {
    const bool low = c >= 'a' && c <= 'z', up = c >= 'A' && c <= 'Z', num = c >= '0' && c <= '9';
    const bool hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool plain = low || up || num || c == '-' || c == '_' || c == '.' || c == '~' || c == '$' || c == '+';
    t[static_cast<size_t>(c)] = static_cast<uint8_t>((num ? DIGIT : 0) | (hex ? HEX_LETTER : 0) | (low ? LOWER : 0) | (up ? UPPER : 0) | (plain ? 0 : UNUSUAL));
  }
  return t;
}();

// How often upper case begins or ends.
size_t caseTurns(std::string_view s) {
  size_t turns = 0;
  for (size_t i = 1; i < s.size(); i++) turns += (s[i - 1] >= 'A' && s[i - 1] <= 'Z') != (s[i] >= 'A' && s[i] <= 'Z');
  return turns;
}

std::string_view classify(std::string_view s) {
  if (s.empty()) return s;
  unsigned any = 0, notHex = 0, notDigit = 0;
  for (const char c : s) {
    const unsigned k = kClasses[static_cast<unsigned char>(c)];
    any |= k;
    notHex |= (k & (DIGIT | HEX_LETTER)) == 0;
    notDigit |= ~k & DIGIT;
  }
  if (notDigit == 0) return "{int}";
  const bool anyDigit = (any & DIGIT) != 0;
  if (isUuid(s)) return "{uuid}";
  if (notHex == 0 && s.size() >= kHexSegment && anyDigit) return "{hex}";
  if (anyDigit && isDate(s)) return "{date}";
  if ((any & UNUSUAL) != 0) return "{opaque}";  // percent escapes, e-mail addresses, matrix parameters, obs-text
  if (s.size() > kLongSegment) return "{opaque}";
  if (s.size() < kMixedSegment) return s;
  if (anyDigit && (any & (LOWER | UPPER)) != 0) return "{opaque}";
  if ((any & LOWER) != 0 && (any & UPPER) != 0 && caseTurns(s) >= 6) return "{opaque}";  // base64url without a digit
  return s;
}

// A file called by an identifier (7.png, <uuid>.json) keeps what kind of file it is; 2 to 5 characters, the first a letter.
size_t extensionAt(std::string_view s) {
  const size_t dot = s.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || s.size() - dot < 3 || s.size() - dot > 6) return s.size();
  for (size_t i = dot + 1; i < s.size(); i++) {
    const unsigned k = kClasses[static_cast<unsigned char>(s[i])];
    if ((k & (i == dot + 1 ? LOWER | UPPER : LOWER | UPPER | DIGIT)) == 0) return s.size();
  }
  return dot;
}

void appendSegment(std::string_view s, std::string& out) {
  const size_t dot = extensionAt(s);
  if (dot < s.size()) {
    const std::string_view stem = classify(s.substr(0, dot));
    if (stem == "{int}" || stem == "{uuid}" || stem == "{hex}" || stem == "{date}") {
      out += stem;
      out += s.substr(dot);
      return;
    }
  }
  out += classify(s);
}

}  // namespace

void routeTemplate(std::string_view path, std::string& out) {
  out.clear();
  path = path.substr(0, path.find('?'));
  path = path.substr(0, path.find('#'));
  bool cut = path.size() > kMaxPath;
  if (cut) path = path.substr(0, path.rfind('/', kMaxPath) == std::string_view::npos ? 0 : path.rfind('/', kMaxPath));
  if (path.empty() || path[0] != '/') {
    out = path == "*" ? "*" : path.empty() ? (cut ? "/*" : "") : "{opaque}";
    return;
  }
  size_t segments = 0;
  for (size_t i = 0; i < path.size();) {
    size_t end = path.find('/', i + 1);
    if (end == std::string_view::npos) end = path.size();
    if (segments++ == kMaxSegments) {
      cut = true;
      break;
    }
    out += '/';
    appendSegment(path.substr(i + 1, end - i - 1), out);
    i = end;
  }
  if (cut) out += "/*";
}

}  // namespace hw
