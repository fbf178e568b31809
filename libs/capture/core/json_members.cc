#include "json_members.h"

#include <charconv>

namespace hw {

namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxItems = 32;

struct Cursor {
  std::string_view s;
  size_t i = 0;

  void space() {
    while (i < s.size() && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n')) i++;
  }
  bool take(char c) {
    space();
    if (i >= s.size() || s[i] != c) return false;
    i++;
    return true;
  }
  char peek() {
    space();
    return i < s.size() ? s[i] : '\0';
  }
  // Escapes other than \" \\ \/ become '_': the values are names that are cleaned anyway.
  bool text(std::string& out) {
    out.clear();
    if (!take('"')) return false;
    while (i < s.size()) {
      const char c = s[i++];
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (i >= s.size()) return false;
      const char e = s[i++];
      if (e == 'u') {
        if (i + 4 > s.size()) return false;
        i += 4;
      }
      out += e == '"' || e == '\\' || e == '/' ? e : '_';
    }
    return false;
  }
  bool number(double& out) {
    space();
    const auto r = std::from_chars(s.data() + i, s.data() + s.size(), out);
    if (r.ec != std::errc{}) return false;
    i = static_cast<size_t>(r.ptr - s.data());
    return true;
  }
  bool skip(int depth) {
    if (depth > kMaxDepth) return false;
    std::string t;
    double d;
    switch (peek()) {
      case '"': return text(t);
      case '{':
      case '[': {
        const bool object = s[i++] == '{';
        const char close = object ? '}' : ']';
        if (take(close)) return true;
        do {
          if (object && (!text(t) || !take(':'))) return false;
          if (!skip(depth + 1)) return false;
        } while (take(','));
        return take(close);
      }
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number(d);
    }
  }
  bool word(std::string_view w) {
    if (s.substr(i, w.size()) != w) return false;
    i += w.size();
    return true;
  }
};

}  // namespace

bool jsonMember(std::string_view object, std::string_view name, JsonValue& out) {
  out = {};
  Cursor c{object};
  std::string key;
  if (!c.take('{')) return false;
  if (c.take('}')) return false;
  do {
    if (!c.text(key) || !c.take(':')) return false;
    if (key != name) {
      if (!c.skip(0)) return false;
      continue;
    }
    const char kind = c.peek();
    if (kind == '"') {
      std::string v;
      if (!c.text(v)) return false;
      out.items.push_back(std::move(v));
    } else if (kind == '[') {
      c.take('[');
      while (c.peek() == '"' && out.items.size() < kMaxItems) {
        std::string v;
        if (!c.text(v)) return false;
        out.items.push_back(std::move(v));
        if (!c.take(',')) break;
      }
    } else if (kind == '{') {
      const size_t from = c.i;
      if (!c.skip(0)) return false;
      out.raw = c.s.substr(from, c.i - from);
    } else if (kind == '-' || (kind >= '0' && kind <= '9')) {
      if (!c.number(out.number)) return false;
      out.isNumber = out.number > -1e15 && out.number < 1e15;
    }
    return true;
  } while (c.take(','));
  return false;
}

}  // namespace hw
