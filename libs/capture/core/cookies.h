// Cookies: names and attributes, never a value.
#pragma once
#include <string>
#include <string_view>

#include "fingerprint.h"

namespace hw {

// "names=a,b fp=..": at most 32 names; a bare word is a value, and told as "-".
void cookieFacts(std::string_view value, const Fingerprint& fp, std::string& out);
// "name=sid attributes=Path,HttpOnly,Max-Age=hour fp=..": Max-Age as the class of its horizon.
void setCookieFacts(std::string_view value, const Fingerprint& fp, std::string& out);

}  // namespace hw
