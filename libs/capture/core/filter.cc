#include "filter.h"

#include <algorithm>

#include "glob.h"

namespace hw {

namespace {

bool statusMatches(const ExchangeMatch& m, uint16_t status) {
  if (m.classes == 0 && m.statuses.empty()) return true;
  if (status >= 100 && status < 600 && (m.classes >> (status / 100) & 1) != 0) return true;
  return std::find(m.statuses.begin(), m.statuses.end(), status) != m.statuses.end();
}

bool headerMatches(const ExchangeMatch& m, const ExchangeFacts& e) {
  for (int k = 0; k < 2; k++) {
    if ((m.headerDirection >= 0 && m.headerDirection != k) || e.of[k].head == nullptr) continue;
    for (const HeaderSpan& h : e.of[k].head->fields())
      if (glob(m.header, view(*e.of[k].bytes, h.name), true) && (!m.hasHeaderValue || glob(m.headerValue, view(*e.of[k].bytes, h.value), false))) return true;
  }
  return false;
}

uint32_t askLayer(const std::vector<LogFilter>& filters, const ExchangeFacts& e, int& by) {
  for (size_t i = 0; i < filters.size(); i++) {
    if (!matches(filters[i].match, e)) continue;
    by = static_cast<int>(i);
    return filters[i].oneIn;
  }
  return 1;
}

}  // namespace

// The cheap questions first; headers are walked last.
bool matches(const ExchangeMatch& m, const ExchangeFacts& e) {
  if (m.role >= 0 && m.role != (e.client ? 1 : 0)) return false;
  if (!statusMatches(m, e.status)) return false;
  if (!m.ports.empty() && std::find(m.ports.begin(), m.ports.end(), e.port) == m.ports.end()) return false;
  if (m.slowerThanMs >= 0 && e.totalNs <= static_cast<uint64_t>(m.slowerThanMs) * 1000000) return false;
  if (!m.methods.empty() && std::find(m.methods.begin(), m.methods.end(), e.method) == m.methods.end()) return false;
  if (!m.service.empty() && !glob(m.service, e.service, false)) return false;
  if (!m.host.empty() && !glob(m.host, e.host, true)) return false;
  if (!m.path.empty() && !glob(m.path, e.path, false)) return false;
  return m.header.empty() || headerMatches(m, e);
}

// What is kept whole is the host's own choice: a narrowing policy may say how often, not how little that is.
bool neverSampled(const Rules& rules, const ExchangeFacts& e) {
  return e.status == 0 || e.status >= 400 || e.totalNs > static_cast<uint64_t>(rules.policy.keepSlowerThanMs) * 1000000;
}

FilterAnswer askFilters(const Rules& rules, const ExchangeFacts& e) {
  FilterAnswer a;
  a.oneIn = askLayer(rules.policy.filters, e, a.by[0]);
  if (!rules.narrowed) return a;
  const uint64_t both = static_cast<uint64_t>(a.oneIn) * askLayer(rules.narrowing.filters, e, a.by[1]);
  a.oneIn = static_cast<uint32_t>(std::min(both, kMostOneIn));
  return a;
}

}  // namespace hw
