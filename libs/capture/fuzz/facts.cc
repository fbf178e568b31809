// libFuzzer: what is said of credentials. First the input as it is, as every kind of secret: what comes out is bounded,
// printable ASCII. Then as the secret part of credentials of every scheme: no eight bytes of it come out.
#include <cstdio>
#include <cstdlib>

#include "../core/jwt.h"
#include "../core/policy.h"
#include "../core/target.h"

namespace {

constexpr size_t kMost = 8192;

void fail(const char* what, std::string_view in, std::string_view out) {
  fprintf(stderr, "%s\n  in:  %.*s\n  out: %.*s\n", what, static_cast<int>(in.size()), in.data(), static_cast<int>(out.size()), out.data());
  abort();
}

void expectPlain(std::string_view in, const std::string& out) {
  if (out.size() > kMost) fail("too long", in, out);
  for (const char c : out)
    if (c < 0x20 || c > 0x7e) fail("not printable ASCII", in, out);
}

std::string base64url(std::string_view s) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t acc = 0;
  int bits = 0;
  for (const char c : s) {
    acc = acc << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += kDigits[acc >> (bits - 6) & 63];
  }
  if (bits > 0) out += kDigits[acc << (6 - bits) & 63];
  return out;
}

struct Shape {
  const char* header;
  const char* value;  // $ is the secret; {..$..} is base64url of what is inside
};
constexpr Shape kShapes[] = {
    {"authorization", "Bearer $"}, {"authorization", "$"}, {"Authorization", "$ x"}, {"authorization", "Basic {user:$}"}, {"proxy-authorization", "basic $"},
    {"authorization", "Bearer {\"alg\":\"RS256\",\"kid\":\"$\"}.{\"iss\":\"https://a/b\",\"aud\":\"c\",\"sub\":\"$\",\"exp\":1,\"jti\":\"$\"}.$"},
    {"authorization", "Bearer {\"alg\":\"$\",\"typ\":\"$\",\"jwk\":\"$\"}.{\"scope\":\"a b\",\"$\":\"$\"}.$"}, {"authorization", "Bearer {\"alg\":\"dir\",\"enc\":\"$\"}.$.$.$.$"},
    {"dpop", "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"x\":\"$\"}}.{\"jti\":\"$\",\"htu\":\"$\"}.$"},
    {"authorization", "Digest username=\"$\", realm=\"$\", nonce=\"$\", uri=\"/$\", algorithm=$, qop=$, nc=1, cnonce=\"$\", response=\"$\""},
    {"authorization", "Negotiate $"}, {"authorization", "NTLM TlRMTVNTUAADAAAA$"},
    {"authorization", "AWS4-HMAC-SHA256 Credential=$/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=$"},
    {"authorization", "AWS4-ECDSA-P256-SHA256 Credential=$/20261123/s3/aws4_request, SignedHeaders=host, Signature=$"},
    {"authorization", "Hawk id=\"$\", ts=\"1\", nonce=\"$\", mac=\"$\", $=\"a\""}, {"authorization", "OAuth oauth_consumer_key=\"$\", oauth_token=\"$\", oauth_signature_method=\"$\", oauth_signature=\"$\""},
    {"authorization", "Signature keyId=\"$\",algorithm=\"$\",headers=\"host date\",signature=\"$\""}, {"authorization", "GNAP $"}, {"authorization", "SCRAM-SHA-256 sid=$, data=$"},
    {"authorization", "HOBA result=\"$\""}, {"authorization", "vapid t={\"alg\":\"ES256\"}.{\"aud\":\"a\",\"sub\":\"$\"}.$, k=$"}, {"authorization", "PrivateToken token=$"},
    {"signature-input", "sig1=(\"@method\" \"content-digest\");created=1;keyid=\"$\";alg=\"$\";nonce=\"$\";tag=\"$\""}, {"signature", "sig1=:$:"},
    {"cookie", "sid=$; theme=$"}, {"cookie", "$"}, {"set-cookie", "sid=$; Domain=$; Path=/$; Expires=$; Max-Age=$; SameSite=$; Priority=$; $"}, {"set-cookie", "$"},
    {"x-api-key", "$"}, {"x-amz-security-token", "$"}, {"x-forwarded-client-cert", "By=$;Hash=$;Subject=\"$\";URI=spiffe://$,Cert=\"$\""}, {"authentication-info", "nextnonce=\"$\", rspauth=\"$\", qop=$"},
    {"www-authenticate", "Negotiate $"}, {"www-authenticate", "Bearer realm=\"$\", error=\"$\""}, {"www-authenticate", "$"}, {"x-anything", "Bearer $"}, {"x-anything", "https://u:$@host/"},
    {"x-anything", "eyJ$.$.$"}, {"x-anything", "a=1&access_token=$"}, {"x-anything", "{\"password\": \"$\"}"}, {"x-anything", "note ghp_$"}, {"referer", "https://u:$@host/a?b=$"}, {"location", "/x?code=$#$"}};

std::string fill(const char* shape, std::string_view secret) {
  std::string out, inside;
  std::string* to = &out;
  for (const char* p = shape; *p != 0; p++) {
    const bool object = *p == '{' && to == &inside;
    if (*p == '{' && !object && strncmp(shape, "{\"pass", 6) != 0) {
      to = &inside;
      if (p[1] == '"') inside += '{';  // the braces of a JSON object belong to what is encoded
    } else if (*p == '}' && to == &inside && (p[1] == '.' || p[1] == 0)) {
      if (inside.starts_with("{")) inside += '}';
      out += base64url(inside);
      inside.clear();
      to = &out;
    } else if (*p == '$') {
      *to += secret;
    } else {
      *to += *p;
    }
  }
  return out + inside;
}

// What leaves of one header under a policy that keeps everything.
std::string leaves(std::string_view header, std::string_view value) {
  static hw::Rules* rules = [] {
    auto* r = new hw::Rules;
    r->key = {"k", std::string(32, 'k')};
    r->previousKey = {"j", std::string(32, 'j')};
    r->policy.rules.push_back({"*", "", "", -1, hw::A_KEEP});
    return r;
  }();
  static hw::Policy policy(*rules);
  static hw::Batch batch(1);
  if (batch.dict.bytes() > 200000) {
    batch.reset();
    policy.newBatch();
  }
  uint8_t action = 0;
  std::string out;
  policy.explain(batch, hw::REQUEST, header, value, {"s", "/", 1700000000}, action, out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  static const hw::Fingerprint fp({"k", std::string(32, 'k')}, {"j", std::string(32, 'j')});
  std::string out;
  for (int k = 0; k <= static_cast<int>(hw::SecretKind::OTHER); k++) {
    hw::summarize(static_cast<hw::SecretKind>(k), in, fp, 1700000000, out);
    expectPlain(in, out);
  }
  out.clear();
  hw::appendJwtFacts(in, 1700000000, fp, out);
  expectPlain(in, out);
  hw::secretKind(in);
  hw::looksLikeCredential(in);
  const hw::Target t = hw::splitTarget("GET", in);
  hw::leavingPath(true, t.path, "/", out);
  hw::queryNames(t.query, out);

  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  std::string secret;
  for (size_t i = 0; i < size && i < 100; i++) secret += kAlphabet[data[i] & 63];
  if (secret.size() < 8) return 0;
  const std::string other = std::string(secret.size(), '0');
  for (const Shape& s : kShapes) {
    const std::string value = fill(s.value, secret);
    const std::string said = leaves(s.header, value), control = leaves(s.header, fill(s.value, other));
    expectPlain(value, said);
    for (size_t i = 0; i + 8 <= secret.size(); i++) {
      const std::string part = secret.substr(i, 8);
      // eight bytes that the shape itself brings are no secret
      if (said.find(part) != std::string::npos && control.find(part) == std::string::npos) fail("a part of the secret", value, said);
    }
  }
  return 0;
}
