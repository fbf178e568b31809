#include "secrets.h"

#include <algorithm>

#include "glob.h"
#include "jwt.h"

namespace hw {

namespace {

constexpr size_t kMaxName = 64, kMaxNames = 32;

bool equalFold(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// A word between - _ or . in a header's name that says "secret". Too many is the safe side.
bool secretWord(std::string_view w) {
  static constexpr std::string_view kWords[] = {
      "auth", "authorization", "authentication", "authtoken", "accesstoken", "token", "secret", "password", "passwd", "pwd", "pass", "apikey", "key", "credential",
      "credentials", "session", "sessionid", "sid", "jwt", "cookie", "cookie2", "signature", "csrf", "xsrf", "csrftoken", "xsrftoken", "otp", "bearer", "assertion"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view k) { return equalFold(k, w); });
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
  name = trimmed(name).substr(0, kMaxName);
  for (const char c : name) {
    const bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '$';
    out += ok ? c : '_';
  }
}

// The scheme by its registered name; "other" and false when the word is none, because "Authorization: <secret>" has none.
bool appendScheme(std::string_view word, std::string& out) {
  static constexpr std::string_view kSchemes[] = {"Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "NTLM", "OAuth", "PrivateToken",
                                                  "SCRAM-SHA-1", "SCRAM-SHA-256", "vapid", "AWS4-HMAC-SHA256", "Token", "ApiKey", "Hawk", "Signature", "SharedKey", "MAC"};
  const std::string_view* scheme = std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](std::string_view s) { return equalFold(s, word); });
  out += scheme != std::end(kSchemes) ? *scheme : std::string_view("other");
  return scheme != std::end(kSchemes);
}

void authorization(std::string_view value, const Fingerprint& fp, int64_t now, std::string& out) {
  const size_t space = value.find(' ');
  std::string_view rest = value;
  if (appendScheme(value.substr(0, space), out)) rest = space == std::string_view::npos ? std::string_view{} : trimmed(value.substr(space + 1));
  if (!rest.empty()) {
    appendFingerprint(rest, fp, out);
    appendJwtFacts(rest, now, out);
  }
}

// The first challenge's scheme and its error code, where that is a registered one (RFC 6750 section 3.1, RFC 9449, RFC 9470).
void challenge(std::string_view value, std::string& out) {
  static constexpr std::string_view kErrors[] = {"invalid_request", "invalid_token", "insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof", "insufficient_user_authentication"};
  const size_t space = value.find(' ');
  if (!appendScheme(value.substr(0, space), out) || space == std::string_view::npos) return;
  bool quoted = false;
  for (size_t i = space; i < value.size(); i++) {
    if (value[i] == '\\' && quoted) i++;
    else if (value[i] == '"') quoted = !quoted;
    else if (!quoted && (value[i] == ' ' || value[i] == ',') && equalFold(value.substr(i + 1, 6), "error=")) {
      std::string_view code = value.substr(i + 7);
      if (!code.empty() && code[0] == '"') code.remove_prefix(1);
      code = code.substr(0, code.find_first_of("\", \t"));
      const std::string_view* known = std::find(std::begin(kErrors), std::end(kErrors), code);
      out += " error=";
      out += known != std::end(kErrors) ? *known : std::string_view("other");
      return;
    }
  }
}

void cookie(std::string_view value, const Fingerprint& fp, std::string& out) {
  out += "names=";
  size_t n = 0;
  std::string_view rest = value;
  while (n < kMaxNames) {
    const size_t semi = rest.find(';');
    const std::string_view pair = rest.substr(0, semi);
    const size_t eq = pair.find('=');
    if (n++ > 0) out += ',';
    if (eq == std::string_view::npos) out += '-';  // a bare word is a value, not a name
    else appendName(pair.substr(0, eq), out);
    if (semi == std::string_view::npos) break;
    rest.remove_prefix(semi + 1);
  }
  appendFingerprint(value, fp, out);
}

void setCookie(std::string_view value, const Fingerprint& fp, std::string& out) {
  static constexpr std::string_view kAttributes[] = {"Expires", "Max-Age", "Domain", "Path", "Secure", "HttpOnly", "SameSite", "Partitioned", "Priority"};
  size_t semi = value.find(';');
  const std::string_view pair = value.substr(0, semi);
  const size_t eq = pair.find('=');
  out += "name=";
  if (eq == std::string_view::npos) out += '-';
  else appendName(pair.substr(0, eq), out);
  bool first = true;
  while (semi != std::string_view::npos) {
    value.remove_prefix(semi + 1);
    semi = value.find(';');
    const std::string_view attribute = trimmed(value.substr(0, semi));
    const size_t is = attribute.find('=');
    out += first ? " attributes=" : ",";
    first = false;
    const auto* known = std::find_if(std::begin(kAttributes), std::end(kAttributes), [&](std::string_view k) { return equalFold(k, attribute.substr(0, is)); });
    if (known == std::end(kAttributes)) {
      out += "other";
      continue;
    }
    out += *known;
    if (is == std::string_view::npos) continue;
    const std::string_view v = trimmed(attribute.substr(is + 1));
    const bool number = !v.empty() && v.size() <= 12 && std::all_of(v.begin(), v.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool site = equalFold(v, "Lax") || equalFold(v, "Strict") || equalFold(v, "None");
    if ((*known == "Max-Age" && number) || (*known == "SameSite" && site)) {
      out += '=';
      out += v;
    }
  }
  appendFingerprint(eq == std::string_view::npos ? pair : pair.substr(eq + 1), fp, out);
}

}  // namespace

SecretKind secretKind(std::string_view name) {
  if (equalFold(name, "authorization") || equalFold(name, "proxy-authorization")) return SecretKind::AUTHORIZATION;
  if (equalFold(name, "cookie")) return SecretKind::COOKIE;
  if (equalFold(name, "set-cookie")) return SecretKind::SET_COOKIE;
  if (equalFold(name, "www-authenticate") || equalFold(name, "proxy-authenticate")) return SecretKind::CHALLENGE;
  for (size_t i = 0; i <= name.size();) {
    size_t end = i;
    while (end < name.size() && name[end] != '-' && name[end] != '_' && name[end] != '.') end++;
    if (secretWord(name.substr(i, end - i))) return SecretKind::OTHER;
    i = end + 1;
  }
  return SecretKind::NONE;
}

bool looksLikeCredential(std::string_view value) {
  if (value.size() < 8) return false;
  switch (value[0]) {
    case 'b':
    case 'B': return equalFold(value.substr(0, 7), "bearer ") || equalFold(value.substr(0, 6), "basic ");
    case 'D':
    case 'd': return equalFold(value.substr(0, 5), "dpop ") || equalFold(value.substr(0, 7), "digest ");
    case 'e': return value.substr(0, 2) == "ey" && value.find('.') != std::string_view::npos;
    default: return false;
  }
}

void summarize(SecretKind kind, std::string_view value, const Fingerprint& fp, int64_t now, std::string& out) {
  out.clear();
  switch (kind) {
    case SecretKind::AUTHORIZATION: return authorization(value, fp, now, out);
    case SecretKind::COOKIE: return cookie(value, fp, out);
    case SecretKind::SET_COOKIE: return setCookie(value, fp, out);
    case SecretKind::CHALLENGE: return challenge(value, out);
    default:
      appendFingerprint(value, fp, out);
      appendJwtFacts(value, now, out);
  }
}

}  // namespace hw
