#include "cookies.h"

#include <algorithm>

#include "facts.h"

namespace hw {

namespace {

constexpr size_t kMaxNames = 32;
constexpr std::string_view kAttributes[] = {"Expires", "Max-Age", "Domain", "Path", "Secure", "HttpOnly", "SameSite", "Partitioned", "Priority"};
constexpr std::string_view kSites[] = {"Strict", "Lax", "None"};
constexpr std::string_view kPriorities[] = {"Low", "Medium", "High"};

// The name in front of '='; padding of a bare base64 value is no such sign.
void appendCookieName(std::string_view pair, std::string& out) {
  const size_t eq = pair.find('=');
  const bool bare = eq == std::string_view::npos || (eq >= 8 && pair.find_first_not_of("= \t", eq) == std::string_view::npos);
  if (bare) out += '-';
  else appendName(pair.substr(0, eq), out);
}

std::string_view horizon(std::string_view seconds) {
  if (seconds.empty()) return {};
  if (seconds[0] == '-' || seconds == "0") return "0";
  int64_t n = 0;
  for (const char c : seconds.substr(0, 12)) {
    if (c < '0' || c > '9') return {};
    n = n * 10 + (c - '0');
  }
  constexpr int64_t kHour = 3600, kDay = 24 * kHour;
  return n <= kHour ? "hour" : n <= kDay ? "day" : n <= 7 * kDay ? "week" : n <= 31 * kDay ? "month" : n <= 366 * kDay ? "year" : "longer";
}

}  // namespace

void cookieFacts(std::string_view value, const Fingerprint& fp, std::string& out) {
  out += "names=";
  std::string_view rest = value;
  for (size_t n = 0; n < kMaxNames; n++) {
    const size_t semi = rest.find(';');
    if (n > 0) out += ',';
    appendCookieName(rest.substr(0, semi), out);
    if (semi == std::string_view::npos) break;
    rest.remove_prefix(semi + 1);
  }
  appendFingerprint(value, fp, out);
}

void setCookieFacts(std::string_view value, const Fingerprint& fp, std::string& out) {
  size_t semi = value.find(';');
  const std::string_view pair = value.substr(0, semi);
  const size_t eq = pair.find('=');
  out += "name=";
  appendCookieName(pair, out);
  const char* before = " attributes=";
  for (size_t n = 0; semi != std::string_view::npos && n < kMaxNames; n++) {
    value.remove_prefix(semi + 1);
    semi = value.find(';');
    const std::string_view attribute = trimmed(value.substr(0, semi));
    const size_t is = attribute.find('=');
    const std::string_view known = listed(kAttributes, trimmed(attribute.substr(0, is)));
    out += before;
    before = ",";
    out += known.empty() ? std::string_view("other") : known;
    if (is == std::string_view::npos) continue;
    const std::string_view v = trimmed(attribute.substr(is + 1));
    const std::string_view said = known == "Max-Age" ? horizon(v) : known == "SameSite" ? listed(kSites, v) : known == "Priority" ? listed(kPriorities, v) : std::string_view();
    if (said.empty()) continue;
    out += '=';
    out += said;
  }
  appendFingerprint(eq == std::string_view::npos ? pair : pair.substr(eq + 1), fp, out);
}

}  // namespace hw
