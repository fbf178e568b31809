// BatchAccount of libs/header-event as JSON: deltas since the last batch, in_flight as it stands.
#include "core.h"

namespace hw {

namespace {

void number(std::string& out, const char* name, uint64_t v) {
  out += '"';
  out += name;
  out += "\":";
  out += std::to_string(v);
}

template <size_t N>
void reasons(std::string& out, const char* name, const uint64_t (&now)[N], const uint64_t (&before)[N], const char* const* names) {
  out += ",\"";
  out += name;
  out += "\":{";
  bool first = true;
  for (size_t i = 0; i < N; i++) {
    if (now[i] == before[i]) continue;
    if (!first) out += ',';
    first = false;
    number(out, names[i], now[i] - before[i]);
  }
  out += '}';
}

void starts(std::string& out, const char* name, const Starts& now, const Starts& before) {
  out += ",\"";
  out += name;
  out += "\":{";
  number(out, "started", now.started - before.started);
  out += ',';
  number(out, "emitted", now.emitted - before.emitted);
  reasons(out, "filtered", now.filtered, before.filtered, kFilterNames);
  reasons(out, "lost", now.lost, before.lost, kLostNames);
  out += ',';
  number(out, "in_flight", static_cast<uint64_t>(now.in_flight));
  out += '}';
}

}  // namespace

std::string Core::accountJson() {
  const int64_t until = unixNs(nowNs) / 1000000;
  const uint64_t emitted = account.of[REQUEST].emitted;
  const uint64_t read = emitted - toldEmitted_, unread = unreadMessages - toldUnread_;
  std::string out = "{";
  number(out, "watermark_unix_ms", static_cast<uint64_t>(watermarkMs_ > 0 ? watermarkMs_ : until));
  out += ',';
  number(out, "since_unix_ms", static_cast<uint64_t>(sinceUnixMs_ > 0 ? sinceUnixMs_ : until));
  out += ',';
  number(out, "until_unix_ms", static_cast<uint64_t>(until));
  starts(out, "request", account.of[REQUEST], told_.of[REQUEST]);
  starts(out, "response", account.of[RESPONSE], told_.of[RESPONSE]);
  out += ',';
  number(out, "exchanges", batch_->exchanges);
  const Sampling &all = account.sampling, &before = told_.sampling;
  if (all.rated > before.rated) {
    out += throttle_ > 1 ? ",\"sampling\":{\"reason\":\"governor\"," : ",\"sampling\":{\"reason\":\"policy\",";
    number(out, "one_in", strongestRate_);
    out += ',';
    number(out, "exchanges", all.exchanges - before.exchanges);
    out += ',';
    number(out, "kept", all.kept - before.kept);
    out += '}';
  }
  strongestRate_ = 1;
  out += ",\"unread\":{";
  bool first = true;
  for (auto& [name, n] : unread_) {
    if (n == 0) continue;
    if (!first) out += ',';
    first = false;
    number(out, name.c_str(), n);
    n = 0;
  }
  out += "},\"coverage\":";
  out += unread == 0 ? "1" : std::to_string(static_cast<double>(read) / static_cast<double>(read + unread));
  out += ",\"source\":\"";
  out += replay ? "replay" : "live";
  out += "\"}";
  told_ = account;
  toldEmitted_ = emitted;
  toldUnread_ = unreadMessages;
  sinceUnixMs_ = until;
  return out;
}

}  // namespace hw
