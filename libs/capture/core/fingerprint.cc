#include "fingerprint.h"

#include <sodium.h>

namespace hw {

Fingerprint::Fingerprint(const Key& key, const Key& previous) : key_(key), previous_(previous) {
  if (sodium_init() < 0 || key_.bytes.size() != crypto_generichash_KEYBYTES) key_ = {};
  if (!enabled() || previous_.bytes.size() != crypto_generichash_KEYBYTES) previous_ = {};
}

void Fingerprint::one(const Key& key, std::string_view value, std::string& out) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(value.data()), value.size(),
                     reinterpret_cast<const unsigned char*>(key.bytes.data()), key.bytes.size());
  static constexpr char kHex[] = "0123456789abcdef";
  out += key.id;
  out += ':';
  for (int i = 0; i < 8; i++) {
    out += kHex[hash[i] >> 4];
    out += kHex[hash[i] & 15];
  }
}

void Fingerprint::append(std::string_view value, std::string& out, std::string_view label) const {
  one(key_, value, out);
  if (previous_.bytes.empty()) return;
  out += ' ';
  out += label;
  one(previous_, value, out);
}

}  // namespace hw
