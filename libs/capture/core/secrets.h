// Headers whose values never leave in clear under any policy, and what is said of them instead.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fingerprint.h"

namespace hw {

// CHALLENGE: what a server asks for; not a credential, but it can carry one (Negotiate), so only its scheme and error
// code leave. OTHER: a fingerprint, and what a JWT says of itself.
enum class SecretKind : uint8_t { NONE, AUTHORIZATION, COOKIE, SET_COOKIE, CHALLENGE, SIGNATURE_INPUT, AUTHENTICATION_INFO, CLIENT_CERT, OTHER };

SecretKind secretKind(std::string_view name);

// A word that says "secret": of a header's name, a parameter's, a path's segment. Too many is the safe side.
bool secretWord(std::string_view word);

// A value that is, or holds, a credential by its looks, whatever its header is called: a scheme with something behind
// it, a JWT, a private key, a well-known token prefix, user information in a URL, `token=...`.
bool looksLikeCredential(std::string_view value);

// The summary: "Bearer fp=<id>:<hex> jwt alg=...", "names=a,b fp=...", "name=sid attributes=Path,HttpOnly fp=...",
// "Bearer error=invalid_token", "fp=...".
void summarize(SecretKind kind, std::string_view value, const Fingerprint& fp, int64_t nowUnixSeconds, std::string& out);

}  // namespace hw
