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

// Latin-1 in, JSON out: a program may have any name.
std::string quoted(const std::string& s) {
  std::string out = "\"";
  for (const char c : s) {
    const auto b = static_cast<unsigned char>(c);
    if (b >= 0x20 && b < 0x7f && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    char hex[8];
    snprintf(hex, sizeof hex, "\\u%04x", b);
    out += hex;
  }
  return out + '"';
}

}  // namespace

const char* unreadName(unsigned why) {
  switch (why) {
    case HW_U_KTHREAD: return "kthread";
    case HW_U_NOT_SYSCALL: return "not_syscall";
    case HW_U_COMPAT: return "compat";
    case HW_U_SENDFILE: return "sendfile";
    case HW_U_SPLICE: return "splice";
    case HW_U_URING: return "uring";
    case HW_U_MMSG: return "mmsg";
    case HW_U_TRUNC: return "trunc";
    case HW_U_FAULT: return "fault";
    case HW_U_OTHER: return "other";
    default: return nullptr;
  }
}

std::string Core::unreadByJson() const {
  std::string out = "[";
  for (const auto& [key, n] : unreadBy_) {
    if (out.size() > 1) out += ',';
    const char* why = unreadName(key.second);
    out += "{\"executable\":" + quoted(key.first) + ",\"reason\":\"" + (why == nullptr ? "other" : why) + "\",\"messages\":" + std::to_string(n) + "}";
  }
  return out + "]";
}

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
  out += ",\"ends_lost\":" + std::to_string(endsLost) + ",\"unread_by\":" + unreadByJson() + ",\"sampling\":{\"exchanges\":" + std::to_string(account.sampling.rated) + ",\"kept\":" + std::to_string(account.sampling.ratedKept) + "}";
  return out;
}

}  // namespace hw
