// Keyed fingerprints: BLAKE2b with the host's key, cut to 64 bit, "<key id>:<16 hex>". Without a key there are none.
#pragma once
#include <string>
#include <string_view>

namespace hw {

class Fingerprint {
 public:
  Fingerprint() = default;
  Fingerprint(std::string keyId, std::string key);  // key: 32 bytes, or empty
  bool enabled() const { return !key_.empty(); }
  const std::string& keyId() const { return keyId_; }
  void append(std::string_view value, std::string& out) const;

 private:
  std::string keyId_, key_;
};

}  // namespace hw
