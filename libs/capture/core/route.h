// Route template: a path with the variable parts replaced by their character class. Stateless; the rules and
// their test vectors are in libs/capture/vectors/.
#pragma once
#include <string>
#include <string_view>

namespace hw {

// `path` without query; the result is written to `out` (cleared first).
void routeTemplate(std::string_view path, std::string& out);

}  // namespace hw
