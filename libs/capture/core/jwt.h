// What may be said of a JSON Web Token: alg, typ, iss, aud, seconds to exp, scope names, and of its key a
// fingerprint. Never its bytes. Of an encrypted one only alg and enc.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fingerprint.h"

namespace hw {

// Appends " jwt alg=.. typ=.. iss=.. aud=.. exp_s=.. scope=a,b kid=<fp> jwk=<fp>" when `token` is a JWS of three
// base64url parts, " jwe alg=.. enc=.." when it has five. False when it is neither.
bool appendJwtFacts(std::string_view token, int64_t nowUnixSeconds, const Fingerprint& fp, std::string& out);

}  // namespace hw
