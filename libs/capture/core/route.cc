#include "route.h"

namespace hw {

namespace {

constexpr size_t kMaxSegments = 12, kMaxPath = 1024, kLongSegment = 40, kMixedSegment = 16, kHexSegment = 16;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hexDigit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool isUuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (size_t i = 0; i < 36; i++) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? s[i] != '-' : !hexDigit(s[i])) return false;
  }
  return true;
}

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

std::string_view classify(std::string_view s) {
  bool allDigits = true, allHex = true, anyDigit = false, anyLower = false, anyUpper = false, clean = true;
  size_t letters = 0, turns = 0;
  char before = 0;
  for (const char c : s) {
    const bool d = digit(c);
    allDigits &= d;
    allHex &= hexDigit(c);
    anyDigit |= d;
    anyLower |= c >= 'a' && c <= 'z';
    anyUpper |= c >= 'A' && c <= 'Z';
    letters += letter(c);
    turns += (before >= 'A' && before <= 'Z') != (c >= 'A' && c <= 'Z') && before != 0;
    before = c;
    if (!d && !letter(c) && c != '-' && c != '_' && c != '.' && c != '~' && c != '$' && c != '+') clean = false;
  }
  if (s.empty()) return s;
  if (allDigits) return "{int}";
  if (isUuid(s)) return "{uuid}";
  if (allHex && s.size() >= kHexSegment && anyDigit) return "{hex}";
  if (isDate(s)) return "{date}";
  if (!clean) return "{opaque}";  // percent escapes, e-mail addresses, matrix parameters, obs-text
  if (s.size() > kLongSegment) return "{opaque}";
  if (s.size() >= kMixedSegment && anyDigit && letters > 0) return "{opaque}";
  if (s.size() >= kMixedSegment && anyLower && anyUpper && turns >= 6) return "{opaque}";  // base64url without a digit
  return s;
}

}  // namespace

void routeTemplate(std::string_view path, std::string& out) {
  out.clear();
  const size_t query = path.find_first_of("?#");
  if (query != std::string_view::npos) path = path.substr(0, query);
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
    out += classify(path.substr(i + 1, end - i - 1));
    i = end;
  }
  if (cut) out += "/*";
}

}  // namespace hw
