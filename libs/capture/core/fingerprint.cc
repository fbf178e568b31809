#include "fingerprint.h"

#include <sodium.h>

namespace hw {

Fingerprint::Fingerprint(std::string keyId, std::string key) : keyId_(std::move(keyId)), key_(std::move(key)) {
  if (sodium_init() < 0 || key_.size() != crypto_generichash_KEYBYTES) key_.clear();
  if (key_.empty()) keyId_.clear();
}

void Fingerprint::append(std::string_view value, std::string& out) const {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(value.data()), value.size(),
                     reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
  static constexpr char kHex[] = "0123456789abcdef";
  out += keyId_;
  out += ':';
  for (int i = 0; i < 8; i++) {
    out += kHex[hash[i] >> 4];
    out += kHex[hash[i] & 15];
  }
}

}  // namespace hw
