// A bounded reader of its own for the two small JSON objects: node exports simdjson's symbols, so a dynamically
// linked libsimdjson would be bound to node's copy of another version, and Debian ships no static one.
#include "jwt.h"

#include "json_members.h"

namespace hw {

namespace {

constexpr size_t kMaxPart = 8192, kMaxText = 128, kMaxScopes = 16;

bool decode(std::string_view in, std::string& out) {
  out.clear();
  if (in.size() > kMaxPart) return false;
  uint32_t acc = 0;
  int bits = 0;
  for (const char c : in) {
    int v;
    if (c >= 'A' && c <= 'Z') v = c - 'A';
    else if (c >= 'a' && c <= 'z') v = c - 'a' + 26;
    else if (c >= '0' && c <= '9') v = c - '0' + 52;
    else if (c == '-' || c == '+') v = 62;
    else if (c == '_' || c == '/') v = 63;
    else if (c == '=') break;
    else return false;
    acc = (acc << 6) | static_cast<uint32_t>(v);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((acc >> bits) & 0xFF));
    }
  }
  return true;
}

// Names and addresses only: no query, no spaces, nothing that could break the summary's own grammar.
void appendClean(std::string_view s, std::string& out) {
  size_t n = 0;
  for (const char c : s) {
    if (c == '?' || c == '#' || ++n > kMaxText) break;
    const bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == ':' || c == '/';
    out += ok ? c : '_';
  }
}

// An issuer or audience is a URL or a name: the part in front of an @ of a URL would be user information.
std::string_view withoutUserInfo(std::string_view s) {
  const size_t at = s.rfind('@');
  return at == std::string_view::npos ? s : s.substr(at + 1);
}

void appendList(const JsonValue& v, size_t most, std::string& out) {
  size_t n = 0;
  bool first = true;
  auto one = [&](std::string_view s) {
    if (s.empty() || n++ >= most) return;
    if (!first) out += ',';
    first = false;
    appendClean(withoutUserInfo(s), out);
  };
  for (const std::string& item : v.items) {
    std::string_view rest = item;
    while (!rest.empty()) {
      const size_t space = rest.find(' ');
      one(rest.substr(0, space));
      if (space == std::string_view::npos) break;
      rest.remove_prefix(space + 1);
    }
  }
}

}  // namespace

bool appendJwtFacts(std::string_view token, int64_t now, std::string& out) {
  const size_t dot1 = token.find('.');
  const size_t dot2 = dot1 == std::string_view::npos ? dot1 : token.find('.', dot1 + 1);
  if (dot2 == std::string_view::npos || token.substr(0, 2) != "ey") return false;
  std::string text, facts;
  JsonValue v;
  if (!decode(token.substr(0, dot1), text) || !jsonMember(text, "alg", v) || v.items.empty()) return false;
  facts = " jwt alg=";
  appendClean(v.items[0], facts);
  if (!decode(token.substr(dot1 + 1, dot2 - dot1 - 1), text)) return false;
  if (jsonMember(text, "iss", v) && !v.items.empty()) {
    facts += " iss=";
    appendList(v, 1, facts);
  }
  if (jsonMember(text, "aud", v) && !v.items.empty()) {
    facts += " aud=";
    appendList(v, 4, facts);
  }
  if (jsonMember(text, "exp", v) && v.isNumber) {
    facts += " exp_s=";
    facts += std::to_string(static_cast<int64_t>(v.number) - now);
  }
  if ((jsonMember(text, "scope", v) || jsonMember(text, "scp", v)) && !v.items.empty()) {
    facts += " scope=";
    appendList(v, kMaxScopes, facts);
  }
  out += facts;
  return true;
}

}  // namespace hw
