// A bounded reader of its own for the two small JSON objects: node exports simdjson's symbols, so a dynamically
// linked libsimdjson would be bound to node's copy of another version, and Debian ships no static one.
#include "jwt.h"

#include <algorithm>

#include "facts.h"
#include "json_members.h"
#include "secrets.h"

namespace hw {

namespace {

constexpr size_t kMaxPart = 8192, kMaxText = 128, kMaxScopes = 16;

constexpr std::string_view kAlgorithms[] = {
    "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "RSA1_5", "RSA-OAEP",
    "RSA-OAEP-256", "A128KW", "A192KW", "A256KW", "dir", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW",
    "PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
constexpr std::string_view kTypes[] = {"JWT", "at+jwt", "application/at+jwt", "dpop+jwt", "logout+jwt", "client-authentication+jwt", "token-introspection+jwt", "oauth-authz-req+jwt",
                                       "secevent+jwt", "kb+jwt", "dc+sd-jwt", "vc+sd-jwt", "passport", "JOSE"};
constexpr std::string_view kEncryptions[] = {"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"};

void say(const char* name, std::string_view known, std::string& out) {
  out += name;
  out += known.empty() ? std::string_view("other") : known;
}

bool decode(std::string_view in, std::string& out) { return in.size() <= kMaxPart && decode64(in, out, kMaxPart); }

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
    s = withoutUserInfo(s);
    if (looksLikeCredential(s)) out += "{opaque}";
    else appendClean(s, out);
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

bool appendJwtFacts(std::string_view token, int64_t now, const Fingerprint& fp, std::string& out) {
  const size_t dot1 = token.find('.');
  const size_t dot2 = dot1 == std::string_view::npos ? dot1 : token.find('.', dot1 + 1);
  if (dot2 == std::string_view::npos || token.substr(0, 1) != "e") return false;
  std::string head, text, facts;
  JsonValue v;
  if (!decode(token.substr(0, dot1), head) || !jsonMember(head, "alg", v) || v.items.empty()) return false;
  const std::string_view alg = listed(kAlgorithms, v.items[0]);
  if (std::count(token.begin(), token.end(), '.') == 4) {
    say(" jwe alg=", alg, facts);
    if (jsonMember(head, "enc", v) && !v.items.empty()) say(" enc=", listed(kEncryptions, v.items[0]), facts);
    out += facts;
    return true;
  }
  say(" jwt alg=", alg, facts);
  if (!decode(token.substr(dot1 + 1, dot2 - dot1 - 1), text)) return false;
  if (jsonMember(head, "typ", v) && !v.items.empty() && !equalFold(v.items[0], "JWT")) say(" typ=", listed(kTypes, v.items[0]), facts);
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
  if (jsonMember(head, "kid", v) && !v.items.empty()) appendKeyed("kid", v.items[0], fp, facts);
  if (jsonMember(head, "jwk", v)) appendKeyed("jwk", v.raw, fp, facts);
  out += facts;
  return true;
}

}  // namespace hw
