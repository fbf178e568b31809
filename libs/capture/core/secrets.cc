#include "secrets.h"

#include <algorithm>

#include "cookies.h"
#include "facts.h"
#include "jwt.h"
#include "schemes.h"

namespace hw {

namespace {

// Headers that carry credentials or identities under names without a word for it.
constexpr std::string_view kNames[] = {"x-amzn-oidc-data", "x-amzn-oidc-identity", "x-ms-client-principal", "client-cert-chain", "x-client-cert", "x-ssl-client-cert",
                                       "ssl-client-cert", "x-ssl-cert", "x-tls-client-cert", "client-cert", "x-goog-iap-jwt-assertion", "remote-user", "x-remote-user", "dpop", "signature"};
constexpr std::string_view kWords[] = {
    "auth", "authorization", "authentication", "authz", "authn", "oauth", "oidc", "saml", "key", "keys", "passwd", "pwd", "pass", "passcode", "passphrase", "pin", "sid", "sessid",
    "phpsessid", "jsessionid", "csrf", "xsrf", "otp", "totp", "bearer", "assertion", "cred", "creds", "sig", "hmac", "jwt", "ticket", "vapid", "hawk"};
// parts that a word may begin or end with
constexpr std::string_view kStems[] = {"token", "secret", "password", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "session", "sessionid", "cookie", "cookie2", "signature", "authorization"};

bool alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool tokenChar(char c) { return alnum(c) || c == '-' || c == '_'; }

size_t tokenRun(std::string_view s) {
  size_t n = 0;
  while (n < s.size() && tokenChar(s[n])) n++;
  return n;
}

bool startsFold(std::string_view s, std::string_view prefix) { return equalFold(s.substr(0, prefix.size()), prefix); }

// A prefix by which issuers mark their tokens, and enough behind it to be one.
bool marked(std::string_view s) {
  static constexpr std::string_view kMarks[] = {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "sk-", "sk_live_", "sk_test_",
                                                "rk_live_", "rk_test_", "whsec_", "AKIA", "ASIA", "AIza", "ya29.", "npm_", "pypi-", "dop_v1_", "shpat_", "hvs.", "hvb.", "SG.", "dapi", "lin_api_", "eyJ"};
  for (const std::string_view m : kMarks)
    if (s.starts_with(m) && tokenRun(s.substr(m.size())) >= 8) return true;
  return s.starts_with("-----BEGIN") || startsFold(s, "bearer ") || startsFold(s, "bearer\t");
}

// The name in front of '=' or ':' says secret, and something stands behind.
bool secretParam(std::string_view v, size_t at) {
  size_t end = at;
  while (end > 0 && (v[end - 1] == ' ' || v[end - 1] == '"' || v[end - 1] == '\'')) end--;
  size_t from = end;
  while (from > 0 && (tokenChar(v[from - 1]) || v[from - 1] == '.')) from--;
  if (from == end || at + 4 > v.size()) return false;
  if (v[at] == ':' && v.substr(at, 3) == "://") return false;
  return secretKind(v.substr(from, end - from)) != SecretKind::NONE;
}

}  // namespace

bool secretWord(std::string_view w) {
  while (!w.empty() && w.back() >= '0' && w.back() <= '9') w.remove_suffix(1);
  if (w.size() < 3) return false;
  if (!listed(kWords, w).empty()) return true;
  return std::any_of(std::begin(kStems), std::end(kStems), [&](std::string_view s) {
    return w.size() >= s.size() && (equalFold(w.substr(0, s.size()), s) ? w.size() == s.size() || !equalFold(w.substr(s.size()), "s") : equalFold(w.substr(w.size() - s.size()), s));
  });
}

SecretKind secretKind(std::string_view name) {
  if (equalFold(name, "authorization") || equalFold(name, "proxy-authorization")) return SecretKind::AUTHORIZATION;
  if (equalFold(name, "cookie")) return SecretKind::COOKIE;
  if (equalFold(name, "set-cookie")) return SecretKind::SET_COOKIE;
  if (equalFold(name, "www-authenticate") || equalFold(name, "proxy-authenticate")) return SecretKind::CHALLENGE;
  if (equalFold(name, "signature-input")) return SecretKind::SIGNATURE_INPUT;
  if (equalFold(name, "authentication-info") || equalFold(name, "proxy-authentication-info")) return SecretKind::AUTHENTICATION_INFO;
  if (equalFold(name, "x-forwarded-client-cert")) return SecretKind::CLIENT_CERT;
  if (!listed(kNames, name).empty()) return SecretKind::OTHER;
  for (size_t i = 0; i <= name.size();) {
    size_t end = i;
    while (end < name.size() && alnum(name[end])) end++;
    if (secretWord(name.substr(i, end - i))) return SecretKind::OTHER;
    i = end + 1;
  }
  return SecretKind::NONE;
}

bool looksLikeCredential(std::string_view value) {
  if (value.size() < 8) return false;
  const size_t word = value.find_first_of(" \t");
  if (word != std::string_view::npos && word <= 24 && knownScheme(value.substr(0, word))) return true;
  if (value[0] == 'e' && (value[1] == 'y' || value[1] == 'w') && value.find('.') != std::string_view::npos) return true;
  char before = ' ';
  for (size_t i = 0; i < value.size(); before = value[i++]) {
    switch (value[i]) {
      case '=':
      case ':':
        if (secretParam(value, i)) return true;
        if (value.substr(i, 3) == "://") {
          const std::string_view authority = value.substr(i + 3, value.substr(i + 3).find_first_of("/?# \t"));
          if (authority.find('@') != std::string_view::npos) return true;
        }
        break;
      case 'e': case 'g': case 'x': case 's': case 'r': case 'w': case 'A': case 'y': case 'n': case 'p': case 'd': case 'h': case 'S': case 'l': case 'b': case 'B': case '-':
        if (!tokenChar(before) && marked(value.substr(i))) return true;
        break;
      default: break;
    }
  }
  return false;
}

void summarize(SecretKind kind, std::string_view value, const Fingerprint& fp, int64_t now, std::string& out) {
  out.clear();
  switch (kind) {
    case SecretKind::AUTHORIZATION: return authorizationFacts(value, fp, now, out);
    case SecretKind::COOKIE: return cookieFacts(value, fp, out);
    case SecretKind::SET_COOKIE: return setCookieFacts(value, fp, out);
    case SecretKind::CHALLENGE: return challengeFacts(value, out);
    case SecretKind::SIGNATURE_INPUT: return signatureInputFacts(value, fp, out);
    case SecretKind::AUTHENTICATION_INFO: return authenticationInfoFacts(value, fp, out);
    case SecretKind::CLIENT_CERT: return clientCertFacts(value, fp, out);
    default:
      appendFingerprint(value, fp, out);
      appendJwtFacts(value, now, fp, out);
  }
}

}  // namespace hw
