// Pieces of what is said of a credential: closed lists, names, fingerprints. Everything else of it stays.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "fingerprint.h"

namespace hw {

bool equalFold(std::string_view a, std::string_view b);
std::string_view trimmed(std::string_view s);

// " name=fp" for both keys; nothing without one.
void appendKeyed(std::string_view name, std::string_view value, const Fingerprint& fp, std::string& out);
// "fp=..." behind what is there; "present" when there is neither a key nor anything else to say.
void appendFingerprint(std::string_view value, const Fingerprint& fp, std::string& out);
// A name with unusual characters replaced, at most 64 long; "-" when it may be a token itself.
void appendName(std::string_view name, std::string& out);
// The entry of `list` that `word` is in any case, else an empty text.
std::string_view listed(std::span<const std::string_view> list, std::string_view word);

// Long runs of letters and digits mixed: rather a token than a word. Some UUIDs are, too.
bool opaqueWord(std::string_view s);
// 8-4-4-4-12 hex digits: names a thing.
bool isUuid(std::string_view s);

// name=value, name="quoted" between commas, semicolons or spaces. False at the end.
class Params {
 public:
  explicit Params(std::string_view text) : rest_(text) {}
  bool next(std::string_view& name, std::string_view& value);

 private:
  std::string_view rest_;
  int left_ = 64;
};

// " params=a,b": those of `list` that occur, in its spelling.
void appendParams(std::string_view text, std::span<const std::string_view> list, std::string& out);

// base64 and base64url; false on other characters. At most `most` bytes of the result.
bool decode64(std::string_view in, std::string& out, size_t most);

}  // namespace hw
