// What may be said of a JSON Web Token: alg, iss, aud, seconds to exp, scope names. Never its bytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hw {

// Appends " jwt alg=.. iss=.. aud=.. exp_s=.. scope=a,b" when `token` is a JWS of three base64url parts.
bool appendJwtFacts(std::string_view token, int64_t nowUnixSeconds, std::string& out);

}  // namespace hw
