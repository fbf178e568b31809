// Which exchanges are logged: in each layer the first filter that matches decides; what either refuses is not logged,
// and rates multiply. Conditions read the heads as they came: nothing of them leaves by it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "head.h"
#include "options.h"

namespace hw {

struct ExchangeFacts {
  std::string_view method, host, path, service;
  uint16_t status = 0, port = 0;  // status 0: no response
  bool client = false;
  uint64_t totalNs = 0;           // so far, while it goes on
  struct {
    const std::string* bytes = nullptr;
    const Head* head = nullptr;
  } of[2];                        // by Kind; null: there is none
};

// Rates multiply, up to this.
inline constexpr uint64_t kMostOneIn = 1u << 30;

struct FilterAnswer {
  uint32_t oneIn = 1;       // 0: not logged
  int by[2] = {-1, -1};     // index of the filter that decided, by layer; -1: none matched
};

bool matches(const ExchangeMatch& m, const ExchangeFacts& e);
// Errors and slow exchanges: no rate leaves them out.
bool neverSampled(const Rules& rules, const ExchangeFacts& e);
FilterAnswer askFilters(const Rules& rules, const ExchangeFacts& e);

}  // namespace hw
