#include "target.h"

#include <algorithm>
#include <cstring>

#include "facts.h"
#include "glob.h"
#include "secrets.h"

namespace hw {

namespace {

constexpr size_t kMaxPath = 4096;

bool plainWord(std::string_view s) {
  return s.size() <= 16 && std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
}

// What follows in a path is likely good for one use. Not words of header names: RateLimit-Reset is a time.
constexpr std::string_view kOnce[] = {"reset", "invite", "verify"};

// A UUID names a thing.
bool tokenSegment(std::string_view s) { return looksLikeCredential(s) || (opaqueWord(s) && !isUuid(s)); }

}  // namespace

std::string_view hostOnly(std::string_view authority) {
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority[0] == '[') return authority.substr(1, authority.find(']') == std::string_view::npos ? std::string_view::npos : authority.find(']') - 1);
  return authority.substr(0, std::min<size_t>(authority.find(':'), 255));
}

Target splitTarget(std::string_view method, std::string_view target) {
  Target t;
  t.scheme = "http";
  if (method == "CONNECT") {
    t.host = hostOnly(target);
    t.hasHost = !target.empty();
    target = {};
  } else if (!target.empty() && target[0] != '/' && target != "*") {
    const size_t sep = target.find("://");
    if (sep != std::string_view::npos) {  // absolute form, RFC 9112 3.2.2
      if (sep == 5 && lower(target[4]) == 's') t.scheme = "https";
      target.remove_prefix(sep + 3);
      const size_t slash = target.find_first_of("/?#");
      const std::string_view authority = target.substr(0, slash);
      t.host = hostOnly(authority);
      t.hasHost = !authority.empty();
      target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
  }
  const size_t mark = target.find('?');
  t.path = target.substr(0, mark);
  if (mark != std::string_view::npos) {
    t.hasQuery = true;
    t.query = target.substr(mark + 1);
    if (t.path.empty()) t.path = "/";
  }
  return t;
}

void leavingPath(bool keep, std::string_view path, std::string_view route, std::string& out) {
  out.clear();
  if (!keep) {
    out = route;
    return;
  }
  path = path.substr(0, std::min<size_t>(path.find('#'), kMaxPath));
  if (path.empty() || path[0] != '/') {
    out = route;
    return;
  }
  bool behindSecret = false;
  for (size_t i = 0; i < path.size();) {
    const size_t end = std::min(path.find('/', i + 1), path.size());
    std::string_view segment = path.substr(i + 1, end - i - 1);
    segment = segment.substr(0, segment.find(';'));
    out += '/';
    if (tokenSegment(segment) || (behindSecret && !plainWord(segment))) out += "{opaque}";
    else out += segment;
    behindSecret = secretWord(segment) || !listed(kOnce, segment).empty();
    i = end;
  }
}

void queryNames(std::string_view query, std::string& out) {
  size_t names = 0;
  while (!query.empty() && names < 32) {
    const size_t amp = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, amp);
    const size_t eq = pair.find('=');
    if (!pair.empty()) {
      if (names++ > 0) out += '&';
      // a bare word may be a value (?token), so only words in front of '=' are names
      if (eq == std::string_view::npos || opaqueWord(pair.substr(0, eq)) || looksLikeCredential(pair.substr(0, eq))) out += "{opaque}";
      else out += pair.substr(0, std::min<size_t>(eq, 64));
    }
    if (amp == std::string_view::npos) break;
    query.remove_prefix(amp + 1);
  }
}

bool isPublicAddress(const uint8_t* a, bool v6) {
  if (!v6)
    return !(a[0] == 10 || a[0] == 127 || a[0] == 0 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254) ||
             (a[0] == 100 && (a[1] & 0xc0) == 64));
  static constexpr uint8_t kZero[15] = {};
  if (memcmp(a, kZero, 15) == 0) return false;  // :: and ::1
  return !((a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80));
}

}  // namespace hw
