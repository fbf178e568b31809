// What is said of credentials by their scheme (RFC 9110 section 11, the registry of authentication schemes, and what is
// met beside it). `out` gets the scheme's name first; values come from closed lists, or are names, or fingerprints.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fingerprint.h"

namespace hw {

// Authorization, Proxy-Authorization: "Bearer fp=.. jwt ..", "AWS4-HMAC-SHA256 fp=.. region=.. service=.. signed=..".
void authorizationFacts(std::string_view value, const Fingerprint& fp, int64_t now, std::string& out);
// WWW-Authenticate, Proxy-Authenticate: the first challenge's scheme and its registered error code.
void challengeFacts(std::string_view value, std::string& out);
// Signature-Input (RFC 9421): "components=@method,host params=created,keyid alg=ed25519 key_id=.. fp=..".
void signatureInputFacts(std::string_view value, const Fingerprint& fp, std::string& out);
// Authentication-Info, Proxy-Authentication-Info: which parameters there are.
void authenticationInfoFacts(std::string_view value, const Fingerprint& fp, std::string& out);
// x-forwarded-client-cert (Envoy): which fields there are, of how many certificates.
void clientCertFacts(std::string_view value, const Fingerprint& fp, std::string& out);

// Is this word a scheme that we know?
bool knownScheme(std::string_view word);

}  // namespace hw
