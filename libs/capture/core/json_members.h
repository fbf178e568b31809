// Reads one member of a flat JSON object: a string, a number, a list of strings, or an object unread. Anything else is skipped.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hw {

struct JsonValue {
  std::vector<std::string> items;  // a string, or the strings of a list
  double number = 0;
  bool isNumber = false;
  std::string_view raw;  // an object, as it stands
};

// False when the object is not well formed up to that member, or has none of that name.
bool jsonMember(std::string_view object, std::string_view name, JsonValue& out);

}  // namespace hw
