// What JavaScript validated and hands over; plain values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hw {

enum Action : uint8_t { A_KEEP = 0, A_PRESENCE = 1, A_HASH = 2, A_MASK = 3, A_SUMMARY = 4, A_DROP = 5 };  // 0..4: HEADER_ACTIONS

struct Rule {
  std::string header, service, route;  // globs; empty service/route: any
  int direction = -1;                  // Kind, -1 both
  Action action = A_PRESENCE;
};

struct ServiceRule {
  std::string service, exe, cgroup;
  int port = -1;
};

enum class AddressMode : uint8_t { TRUNCATE, KEEP, HASH };

struct Options {
  uint32_t maxRows = 2000, maxBytes = 900000, lingerMs = 250;
  uint64_t reassemblyMaxBytes = 64u << 20;
  uint32_t endInferredAfterMs = 1000;
  std::string policyId = "default";
  uint32_t policyVersion = 1;
  std::vector<Rule> rules;
  bool pathKeep = false, queryNames = false;
  AddressMode clientAddress = AddressMode::TRUNCATE;
  std::string keyId, key;  // key: 32 raw bytes, empty = no fingerprints
  std::vector<ServiceRule> services;
  // Bounds that are not settings of a user; tests make them small.
  uint32_t headMax = 65536, maxConnections = 65536, maxPending = 256, maxHeldRecords = 128, readyBatches = 32;
  uint64_t holdNs = 50000000;  // how long a record may wait for an earlier one of its stream
};

}  // namespace hw
