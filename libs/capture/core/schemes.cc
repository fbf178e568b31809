#include "schemes.h"

#include <algorithm>

#include "facts.h"
#include "jwt.h"

namespace hw {

namespace {

using Words = std::string_view[];

// The registry, and what is common in the field. A word that is not here may be the secret itself.
constexpr Words kSchemes = {
    "Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "NTLM", "OAuth", "PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512",
    "vapid", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS", "GOOG4-HMAC-SHA256", "GOOG4-RSA-SHA256", "GOOG1", "TC3-HMAC-SHA256", "ACS3-HMAC-SHA256", "EG1-HMAC-SHA256",
    "HMAC-SHA256", "Token", "ApiKey", "Api-Key", "Key", "Hawk", "Signature", "SharedKey", "SharedKeyLite", "SharedAccessSignature", "MAC", "JWT", "SSWS", "GoogleLogin", "Kerberos",
    "PoP", "Bot", "Client-ID", "WSSE", "Splunk", "Snowflake", "PVEAPIToken", "Zoho-oauthtoken", "Session"};
constexpr Words kErrors = {"invalid_request", "invalid_token", "insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof", "insufficient_user_authentication"};
constexpr Words kDigestAlgorithms = {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
constexpr Words kQop = {"auth", "auth-int"};
constexpr Words kHawk = {"id", "ts", "nonce", "hash", "ext", "mac", "app", "dlg"};
constexpr Words kScram = {"realm", "sid", "data"};
constexpr Words kInfo = {"nextnonce", "qop", "rspauth", "cnonce", "nc", "sid", "data"};
constexpr Words kOAuthMethods = {"HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"};
constexpr Words kSignatureAlgorithms = {"rsa-pss-sha512", "rsa-v1_5-sha256", "hmac-sha256", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "ed25519", "hs2019", "rsa-sha256", "rsa-sha1", "ecdsa-sha256"};
constexpr Words kSignatureParams = {"created", "expires", "nonce", "alg", "keyid", "tag"};
constexpr Words kDerived = {"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "@query-param", "@status", "(request-target)", "(created)", "(expires)"};
constexpr Words kServicesWithDigits = {"s3", "ec2", "route53", "route53resolver", "route53domains", "s3express", "s3-object-lambda", "s3-outposts", "s3tables", "m2", "b2bi", "ec2messages"};
constexpr Words kCert = {"By", "Hash", "Cert", "Chain", "Subject", "URI", "DNS"};

bool low(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

void say(const char* name, std::string_view known, std::string& out) {
  out += name;
  out += known.empty() ? std::string_view("other") : known;
}

// us-east-1, ap-southeast-2, us-gov-west-1; auto, global
bool isRegion(std::string_view s) {
  if (s == "auto" || s == "global" || s == "aws-global") return true;
  if (s.size() > 24 || s.size() < 6) return false;
  size_t dashes = 0;
  for (size_t i = 0; i < s.size(); i++) {
    if (s[i] == '-') dashes++;
    else if (digit(s[i]) ? i + 2 < s.size() : !low(s[i])) return false;
  }
  return dashes >= 2 && dashes <= 4 && digit(s.back()) && low(s[0]) && low(s[1]) && (s[2] == '-' || s[3] == '-' || s[4] == '-');
}

bool isService(std::string_view s) {
  return !s.empty() && s.size() <= 24 && (std::all_of(s.begin(), s.end(), [](char c) { return low(c) || c == '-'; }) || !listed(kServicesWithDigits, s).empty());
}

// Names of header fields and derived components, at most 24.
void appendComponents(std::string_view list, const char* between, std::string& out) {
  size_t n = 0;
  while (!list.empty() && n < 24) {
    const size_t end = std::min(list.find_first_of(between), list.size());
    std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (name.empty()) continue;
    if (n++ > 0) out += ',';
    const std::string_view derived = listed(kDerived, name);
    if (!derived.empty()) out += derived;
    else appendName(name.substr(0, 40), out);
  }
}

void aws(std::string_view rest, bool regional, const Fingerprint& fp, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (equalFold(name, "Credential")) {  // key id / date / region / service / aws4_request; the second kind has no region
      std::string_view part[5];
      size_t n = 0;
      for (; n < 5; n++) {
        const size_t slash = n == 4 ? std::string_view::npos : value.find('/');
        part[n] = value.substr(0, slash);
        if (slash == std::string_view::npos) break;
        value.remove_prefix(slash + 1);
      }
      if (regional) say(" region=", isRegion(part[2]) ? part[2] : std::string_view(), out);
      const std::string_view service = part[regional ? 3 : 2];
      say(" service=", isService(service) ? service : std::string_view(), out);
      appendKeyed("key_id", part[0], fp, out);
    } else if (equalFold(name, "SignedHeaders")) {
      // the list's own separator ends the parameter for Params: take it from the text
      const size_t at = static_cast<size_t>(value.data() - rest.data());
      out += " signed=";
      appendComponents(rest.substr(at, rest.find(',', at) - at), ";", out);
    }
  }
}

void digest(std::string_view rest, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (equalFold(name, "algorithm")) say(" alg=", listed(kDigestAlgorithms, value), out);
    else if (equalFold(name, "qop")) say(" qop=", listed(kQop, value), out);
  }
}

void oauth1(std::string_view rest, const Fingerprint& fp, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (equalFold(name, "oauth_signature_method")) say(" alg=", listed(kOAuthMethods, value), out);
    else if (equalFold(name, "oauth_consumer_key")) appendKeyed("key_id", value, fp, out);
  }
}

void keyed(std::string_view rest, std::string_view keyName, const Fingerprint& fp, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);)
    if (equalFold(name, keyName)) return appendKeyed("key_id", value, fp, out);
}

// Signature of the drafts before RFC 9421.
void draftSignature(std::string_view rest, const Fingerprint& fp, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (equalFold(name, "algorithm")) say(" alg=", listed(kSignatureAlgorithms, value), out);
    else if (equalFold(name, "headers")) {
      out += " components=";
      appendComponents(value, " ", out);
    }
  }
  keyed(rest, "keyId", fp, out);
}

// NTLMSSP messages carry their number behind the signature; the others are ASN.1 of SPNEGO or Kerberos.
void negotiate(std::string_view rest, std::string& out) {
  std::string head;
  if (!decode64(rest.substr(0, 16), head, 12) || head.size() < 2) return;
  const auto first = static_cast<unsigned char>(head[0]);
  if (head.size() == 12 && head.compare(0, 8, std::string_view("NTLMSSP\0", 8)) == 0) {
    if (head[8] >= 1 && head[8] <= 3 && head[9] == 0) {
      out += " ntlm_type=";
      out += static_cast<char>('0' + head[8]);
    }
  } else if (first == 0x60 || first == 0xa0 || first == 0xa1) {
    out += " token=spnego";
  }
}

void vapid(std::string_view rest, const Fingerprint& fp, int64_t now, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (name == "t") appendJwtFacts(value, now, fp, out);
    else if (name == "k") appendKeyed("key_id", value, fp, out);
  }
}

// RFC 9577: the token begins with its type.
void privateToken(std::string_view rest, std::string& out) {
  std::string_view name, value;
  for (Params p(rest); p.next(name, value);) {
    if (!equalFold(name, "token")) continue;
    std::string head;
    if (!decode64(value.substr(0, 4), head, 2) || head.size() < 2) return;
    const bool known = head[0] == 0 && head[1] >= 1 && head[1] <= 5;
    out += " type=";
    if (known) out += static_cast<char>('0' + head[1]);
    else out += "other";
    return;
  }
}

}  // namespace

bool knownScheme(std::string_view word) { return !listed(kSchemes, word).empty(); }

void authorizationFacts(std::string_view value, const Fingerprint& fp, int64_t now, std::string& out) {
  value = trimmed(value);
  const size_t space = value.find_first_of(" \t");
  const std::string_view scheme = listed(kSchemes, value.substr(0, space));
  say("", scheme, out);
  std::string_view rest = value;
  if (!scheme.empty()) rest = space == std::string_view::npos ? std::string_view{} : trimmed(value.substr(space + 1));
  if (rest.empty()) return;
  appendFingerprint(rest, fp, out);
  if (scheme == "Digest") return digest(rest, out);
  if (scheme == "OAuth") return oauth1(rest, fp, out);
  if (scheme == "AWS4-ECDSA-P256-SHA256") return aws(rest, false, fp, out);
  if (scheme.size() > 4 && (scheme.starts_with("AWS4-") || scheme.starts_with("GOOG4-"))) return aws(rest, true, fp, out);
  if (scheme == "Negotiate" || scheme == "NTLM") return negotiate(rest, out);
  if (scheme == "Signature") return draftSignature(rest, fp, out);
  if (scheme == "vapid") return vapid(rest, fp, now, out);
  if (scheme == "PrivateToken") return privateToken(rest, out);
  if (scheme == "Hawk") {
    appendParams(rest, kHawk, out);
    return keyed(rest, "id", fp, out);
  }
  if (scheme.starts_with("SCRAM-")) return appendParams(rest, kScram, out);
  if (scheme == "Basic") return;
  appendJwtFacts(rest, now, fp, out);
}

// Error codes: RFC 6750 section 3.1, RFC 9449, RFC 9470.
void challengeFacts(std::string_view value, std::string& out) {
  const size_t space = value.find(' ');
  const std::string_view scheme = listed(kSchemes, value.substr(0, space));
  say("", scheme, out);
  if (scheme.empty() || space == std::string_view::npos) return;
  if (scheme == "Negotiate" || scheme == "NTLM") return negotiate(trimmed(value.substr(space + 1)), out);
  bool quoted = false;
  for (size_t i = space; i < value.size(); i++) {
    if (value[i] == '\\' && quoted) i++;
    else if (value[i] == '"') quoted = !quoted;
    else if (!quoted && (value[i] == ' ' || value[i] == ',') && equalFold(value.substr(i + 1, 6), "error=")) {
      std::string_view code = value.substr(i + 7);
      if (!code.empty() && code[0] == '"') code.remove_prefix(1);
      code = code.substr(0, code.find_first_of("\", \t"));
      const std::string_view* known = std::find(std::begin(kErrors), std::end(kErrors), code);
      return say(" error=", known != std::end(kErrors) ? *known : std::string_view(), out);
    }
  }
}

// A structured dictionary of inner lists: of the first signature its components and parameters.
void signatureInputFacts(std::string_view value, const Fingerprint& fp, std::string& out) {
  const size_t open = value.find('(');
  const size_t close = open == std::string_view::npos ? open : value.find(')', open);
  if (close != std::string_view::npos) {
    out += "components=";
    std::string names;
    bool quoted = false;
    for (const char c : value.substr(open + 1, close - open - 1)) {
      if (c == '"') {
        quoted = !quoted;
        names += ' ';
      } else if (quoted) {
        names += c == ' ' ? '_' : c;
      }
    }
    appendComponents(names, " ", out);
    std::string_view rest = value.substr(close + 1);
    quoted = false;
    for (size_t i = 0; i < rest.size(); i++) {
      if (rest[i] == '"') quoted = !quoted;
      else if (rest[i] == ',' && !quoted) rest = rest.substr(0, i);
    }
    appendParams(rest, kSignatureParams, out);
    std::string_view name, v;
    for (Params p(rest); p.next(name, v);)
      if (equalFold(name, "alg")) say(" alg=", listed(kSignatureAlgorithms, v), out);
    keyed(rest, "keyid", fp, out);
  }
  appendFingerprint(value, fp, out);
}

void authenticationInfoFacts(std::string_view value, const Fingerprint& fp, std::string& out) {
  appendFingerprint(value, fp, out);
  appendParams(value, kInfo, out);
}

void clientCertFacts(std::string_view value, const Fingerprint& fp, std::string& out) {
  size_t certificates = value.empty() ? 0 : 1;
  bool quoted = false;
  for (size_t i = 0; i < value.size(); i++) {
    if (value[i] == '\\' && quoted) i++;
    else if (value[i] == '"') quoted = !quoted;
    else if (value[i] == ',' && !quoted) certificates++;
  }
  out += "certificates=" + std::to_string(certificates);
  appendParams(value, kCert, out);
  appendFingerprint(value, fp, out);
}

}  // namespace hw
