// Keyed fingerprints: BLAKE2b with the host's key, cut to 64 bit, "<key id>:<16 hex>". Without a key there are none.
// While keys are rotated every fingerprint is given by both, the current one first.
#pragma once
#include <string>
#include <string_view>

#include "options.h"

namespace hw {

class Fingerprint {
 public:
  Fingerprint() = default;
  explicit Fingerprint(const Key& key, const Key& previous = {});  // key: 32 bytes, or empty
  bool enabled() const { return !key_.bytes.empty(); }
  const std::string& keyId() const { return key_.id; }  // the current one's
  // "k2:<hex>", or "k2:<hex> <label>k1:<hex>": what stands in front of the first one, the caller has written.
  void append(std::string_view value, std::string& out, std::string_view label = {}) const;

 private:
  static void one(const Key& key, std::string_view value, std::string& out);
  Key key_, previous_;
};

}  // namespace hw
