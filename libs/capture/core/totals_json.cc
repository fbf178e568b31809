// CaptureTotals of src/port.ts as JSON, without the parts that only the live side knows.
#include "core.h"

namespace hw {

namespace {

template <size_t N>
void reasons(std::string& out, const uint64_t (&counts)[N], const char* const* names) {
  out += '{';
  bool first = true;
  for (size_t i = 0; i < N; i++) {
    if (counts[i] == 0) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += names[i];
    out += "\":" + std::to_string(counts[i]);
  }
  out += '}';
}

}  // namespace

std::string Core::totalsJson() const {
  const Starts& q = account.of[REQUEST];
  const Starts& s = account.of[RESPONSE];
  auto pair = [](uint64_t a, uint64_t b) { return "{\"request\":" + std::to_string(a) + ",\"response\":" + std::to_string(b) + "}"; };
  std::string out = "\"started\":" + pair(q.started, s.started) + ",\"emitted\":" + pair(q.emitted, s.emitted);
  out += ",\"filtered\":{\"request\":";
  reasons(out, q.filtered, kFilterNames);
  out += ",\"response\":";
  reasons(out, s.filtered, kFilterNames);
  out += "},\"lost\":{\"request\":";
  reasons(out, q.lost, kLostNames);
  out += ",\"response\":";
  reasons(out, s.lost, kLostNames);
  out += "},\"in_flight\":" + pair(static_cast<uint64_t>(q.in_flight), static_cast<uint64_t>(s.in_flight));
  out += ",\"connections\":" + std::to_string(connections_.size()) + ",\"reassembly_bytes\":" + std::to_string(heldBytes);
  out += ",\"unread_by\":[],\"sampling\":{\"exchanges\":" + std::to_string(account.sampling.rated) + ",\"kept\":" + std::to_string(account.sampling.ratedKept) + "}";
  return out;
}

}  // namespace hw
