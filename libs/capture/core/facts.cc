#include "facts.h"

#include <algorithm>

#include "glob.h"

namespace hw {

namespace {

constexpr size_t kMaxName = 64, kTokenRun = 20, kCaseTurns = 6;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || upper(c); }
bool separator(char c) { return c == ' ' || c == '\t' || c == ',' || c == ';'; }

}  // namespace

bool equalFold(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

void appendKeyed(std::string_view name, std::string_view value, const Fingerprint& fp, std::string& out) {
  if (!fp.enabled() || value.empty()) return;
  const std::string label = std::string(name) + "=";
  out += ' ';
  out += label;
  fp.append(value, out, label);
}

void appendFingerprint(std::string_view value, const Fingerprint& fp, std::string& out) {
  if (!fp.enabled()) {
    if (out.empty()) out += "present";
    return;
  }
  if (!out.empty()) out += ' ';
  out += "fp=";
  fp.append(value, out, "fp=");
}

void appendName(std::string_view name, std::string& out) {
  name = trimmed(name);
  if (opaqueWord(name)) {
    out += '-';
    return;
  }
  for (const char c : name.substr(0, kMaxName)) out += digit(c) || letter(c) || c == '-' || c == '_' || c == '.' || c == '$' ? c : '_';
}

std::string_view listed(std::span<const std::string_view> list, std::string_view word) {
  for (const std::string_view l : list)
    if (equalFold(l, word)) return l;
  return {};
}

bool isUuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (size_t i = 0; i < 36; i++) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? s[i] != '-' : !(digit(s[i]) || (lower(s[i]) >= 'a' && lower(s[i]) <= 'f'))) return false;
  }
  return true;
}

bool opaqueWord(std::string_view s) {
  // `run` ends at anything but letters, digits and what base64 and escapes add; `wide` goes on over '-', which base64url
  // has too and words are joined by: there only many turns inside of the pieces tell a token.
  size_t run = 0, turns = 0, wide = 0, changes = 0;
  bool digits = false, letters = false;
  for (size_t i = 0; i <= s.size(); i++) {
    const char c = i < s.size() ? s[i] : '/', before = i > 0 ? s[i - 1] : '/';
    const bool word = digit(c) || letter(c);
    if (word || c == '_' || c == '-') {
      wide++;
      changes += word && wide > 1 && (digit(before) || letter(before)) && (digit(c) != digit(before) || upper(c) != upper(before));
    } else {
      if (wide >= kTokenRun && changes * 10 >= wide * 3) return true;
      wide = changes = 0;
    }
    if (word || c == '_' || c == '%' || c == '+' || c == '=') {
      run++;
      digits |= digit(c);
      letters |= letter(c);
      turns += i > 0 && letter(c) && upper(c) != upper(before);
      continue;
    }
    if (run >= kTokenRun && ((digits && letters) || turns >= kCaseTurns)) return true;
    run = turns = 0;
    digits = letters = false;
  }
  return false;
}

bool Params::next(std::string_view& name, std::string_view& value) {
  while (left_-- > 0) {
    size_t i = 0;
    while (i < rest_.size() && separator(rest_[i])) i++;
    if (i == rest_.size()) return false;
    const size_t from = i;
    while (i < rest_.size() && !separator(rest_[i]) && rest_[i] != '=') i++;
    name = rest_.substr(from, i - from);
    while (i < rest_.size() && (rest_[i] == ' ' || rest_[i] == '\t')) i++;
    if (i == rest_.size() || rest_[i] != '=') {  // a bare word
      rest_.remove_prefix(std::max(i, from + 1));
      continue;
    }
    i++;
    while (i < rest_.size() && (rest_[i] == ' ' || rest_[i] == '\t')) i++;
    size_t end = i;
    if (i < rest_.size() && rest_[i] == '"') {
      for (end = ++i; end < rest_.size() && rest_[end] != '"'; end++)
        if (rest_[end] == '\\') end++;
      end = std::min(end, rest_.size());
      value = rest_.substr(i, end - i);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      return true;
    }
    while (end < rest_.size() && !separator(rest_[end])) end++;
    value = rest_.substr(i, end - i);
    rest_.remove_prefix(end);
    return true;
  }
  return false;
}

void appendParams(std::string_view text, std::span<const std::string_view> list, std::string& out) {
  uint32_t seen = 0;
  std::string_view name, value;
  for (Params p(text); p.next(name, value);)
    for (size_t i = 0; i < list.size() && i < 32; i++)
      if (equalFold(list[i], name)) seen |= 1u << i;
  if (seen == 0) return;
  const char* before = " params=";
  for (size_t i = 0; i < list.size(); i++) {
    if ((seen >> i & 1) == 0) continue;
    out += before;
    out += list[i];
    before = ",";
  }
}

bool decode64(std::string_view in, std::string& out, size_t most) {
  out.clear();
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
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>((acc >> bits) & 0xFF));
    if (out.size() >= most) return true;
  }
  return true;
}

}  // namespace hw
