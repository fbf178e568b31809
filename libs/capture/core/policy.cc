#include "policy.h"

#include "facts.h"
#include "glob.h"

namespace hw {

namespace {

// Values that say how an API is used and carry no secret by their definition. Everything else: presence only.
constexpr std::string_view kHarmless[] = {
    "accept", "accept-charset", "accept-encoding", "accept-language", "accept-patch", "accept-post", "accept-ranges", "access-control-*", "age", "allow",
    "alt-svc", "api-version", "x-api-version", "cache-control", "cdn-cache-control", "connection", "content-encoding", "content-language", "content-length",
    "content-range", "content-security-policy", "content-security-policy-report-only", "content-type", "cross-origin-*", "date", "deprecation", "dnt", "expect",
    "expires", "forwarded-proto", "host", "keep-alive", "last-modified", "max-forwards", "origin-agent-cluster", "permissions-policy", "pragma", "priority",
    "proxy-connection", "range", "ratelimit", "ratelimit-*", "referrer-policy", "retry-after", "save-data", "sec-ch-ua*", "sec-fetch-*", "sec-gpc",
    "sec-websocket-version", "sec-websocket-protocol", "server", "strict-transport-security", "sunset", "te", "timing-allow-origin", "trailer", "transfer-encoding",
    "upgrade", "upgrade-insecure-requests", "user-agent", "vary", "via", "warning", "x-cache", "x-cache-hits", "x-content-type-options", "x-dns-prefetch-control",
    "x-forwarded-proto", "x-forwarded-port", "x-frame-options", "x-powered-by", "x-ratelimit-*", "x-rate-limit-*", "x-requested-with", "x-xss-protection"};

// Values that are URIs: their query and user information are cut even when kept.
constexpr std::string_view kUris[] = {"host", "x-forwarded-host", "referer", "location", "content-location", "refresh", "origin", "link", "x-original-url", "x-rewrite-url", "x-forwarded-uri", "x-original-uri", "sourcemap", "destination"};

// By Action. A header's name decides alone whether its answers may be summaries, so those meet presence and drop only.
constexpr uint8_t kStrictness[] = {0, 3, 2, 1, 2, 4};

constexpr size_t kMemos = 256;
constexpr size_t kNameSlots = 4096, kMaxNames = 2048, kMaxName = 256, kMaxValue = 4096;

bool matches(std::string_view pattern, std::string_view text) { return pattern.empty() || glob(pattern, text, true); }

void cutUri(std::string_view v, std::string& out) {
  out.clear();
  std::string_view rest = v.substr(0, v.find_first_of("?#;"));
  const size_t scheme = rest.find("://");
  const size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t slash = rest.find('/', from);
  const size_t at = rest.substr(0, slash).rfind('@');
  if (at != std::string_view::npos && at >= from) {
    out += rest.substr(0, from);
    rest.remove_prefix(at + 1);
  }
  out += rest;
}

// The shape of a value: letters and digits are replaced, at most 64 characters.
void mask(std::string_view v, std::string& out) {
  out.clear();
  for (const char c : v.substr(0, 64)) {
    if (c >= '0' && c <= '9') out += '0';
    else if (c >= 'a' && c <= 'z') out += 'a';
    else if (c >= 'A' && c <= 'Z') out += 'A';
    else out += static_cast<unsigned char>(c) < 0x80 ? c : '_';
  }
}

}  // namespace

Policy::Policy(const Rules& rules) : o_(rules), names_(kNameSlots), memos_(kMemos) { reload(); }

// Decisions and texts of the rules before are forgotten; the lines that HeadReader remembers are the caller's.
void Policy::reload() {
  fp_ = Fingerprint(o_.key, o_.previousKey);
  text_ = o_.policy.id + "@" + std::to_string(o_.policy.version);
  if (o_.narrowed) text_ += "+" + o_.narrowing.id + "@" + std::to_string(o_.narrowing.version);
  byRow_ = false;
  for (const Rule& r : o_.policy.rules) byRow_ |= !r.service.empty() || !r.route.empty();
  if (o_.narrowed)
    for (const Rule& r : o_.narrowing.rules) byRow_ |= !r.service.empty() || !r.route.empty();
  epoch_++;
  for (Name& n : names_)
    if (!n.text.empty()) fill(n);
  for (Memo& m : memos_) m = {};
}

Decision Policy::decideIn(const PolicyLayer& layer, const Name& n, Kind kind, const RowContext* row) const {
  const bool secret = n.secret != SecretKind::NONE;
  for (size_t i = 0; i < layer.rules.size(); i++) {
    const Rule& r = layer.rules[i];
    if (r.direction >= 0 && r.direction != kind) continue;
    if (!glob(r.header, n.text, true)) continue;
    if (row != nullptr && (!matches(r.service, row->service) || !matches(r.route, row->route))) continue;
    if (secret && r.action != A_DROP && r.action != A_PRESENCE) return {A_SUMMARY, Decision::CREDENTIAL, 0};
    return {r.action, static_cast<int16_t>(i), 0, r.action == A_KEEP && r.header.find_first_of("*?") != std::string::npos};
  }
  if (secret) return {A_SUMMARY, Decision::CREDENTIAL, 0};
  for (const std::string_view h : kHarmless)
    if (glob(h, n.text, true)) return {A_KEEP, Decision::ALLOW_LIST, 0};
  return {A_PRESENCE, Decision::NOT_LISTED, 0};
}

Decision Policy::decide(const Name& n, Kind kind, const RowContext* row) const {
  const Decision own = decideIn(o_.policy, n, kind, row);
  if (!o_.narrowed) return own;
  Decision other = decideIn(o_.narrowing, n, kind, row);
  other.layer = 1;
  return kStrictness[other.action] > kStrictness[own.action] ? other : own;
}

void Policy::fill(Name& n) {
  n.secret = secretKind(n.text);
  n.cutQuery = false;
  for (const std::string_view u : kUris) n.cutQuery |= glob(u, n.text, true);
  if (!byRow_)
    for (const Kind k : {REQUEST, RESPONSE}) {
      const Decision d = decide(n, k, nullptr);
      n.action[k] = d.action;
      n.byPattern[k] = d.byPattern;
    }
  n.epoch = 0;
}

Policy::Name& Policy::name(std::string_view s) {
  s = s.substr(0, kMaxName);
  const uint64_t hash = hashBytes(s);
  for (size_t i = hash & (kNameSlots - 1);; i = (i + 1) & (kNameSlots - 1)) {
    Name& n = names_[i];
    if (n.text.empty()) {
      if (used_ >= kMaxNames) {  // a peer that invents names without end: those are worked out each time
        overflow_.text = s;
        overflow_.hash = hash;
        fill(overflow_);
        return overflow_;
      }
      used_++;
      n.text = s;
      n.hash = hash;
      fill(n);
      return n;
    }
    if (n.hash == hash && n.text == s) return n;
  }
}

// `line` remembers the text over batches, unless it tells a time that is left.
int32_t Policy::summary(Batch& batch, SecretKind kind, std::string_view v, int64_t now, Line* line) {
  if (line != nullptr) {
    if (!line->text.empty()) return batch.dict.intern(line->text);
    summarize(kind, v, fp_, now, scratch_);
    if (scratch_.find(" exp_s=") == std::string::npos) line->text = scratch_;
    return batch.dict.intern(scratch_);
  }
  const uint64_t hash = hashBytes(v);
  Memo& m = memos_[hash & (kMemos - 1)];
  if (m.epoch == epoch_ && m.hash == hash && m.kind == kind && m.value == v) return m.index;
  summarize(kind, v, fp_, now, scratch_);
  m.hash = hash;
  m.epoch = epoch_;
  m.kind = kind;
  m.value = v.size() <= kMaxValue ? std::string(v) : std::string();
  m.index = batch.dict.intern(scratch_);
  return m.index;
}

int32_t Policy::value(Batch& batch, const Name& n, uint8_t& action, bool byPattern, std::string_view v, const RowContext& row, bool& fingerprinted, Line* line) {
  if (action == A_SUMMARY) {
    fingerprinted |= fp_.enabled() && n.secret != SecretKind::CHALLENGE;
    return summary(batch, n.secret, v, row.nowUnixSeconds, line);
  }
  if (action == A_HASH) {
    if (!fp_.enabled()) {
      action = A_PRESENCE;
      return 0;
    }
    scratch_.clear();
    fp_.append(v, scratch_);
    fingerprinted = true;
    return batch.dict.intern(scratch_);
  }
  if (n.cutQuery) {
    cutUri(v, uri_);
    v = uri_;
  }
  if (looksLikeCredential(v)) {
    action = A_SUMMARY;
    fingerprinted |= fp_.enabled();
    return summary(batch, SecretKind::AUTHORIZATION, v, row.nowUnixSeconds, line);
  }
  // who keeps "*" has not looked at each header: ids leave in clear only where a rule names theirs
  if (action == A_KEEP && byPattern && opaqueWord(v) && !isUuid(v)) {
    action = A_SUMMARY;
    fingerprinted |= fp_.enabled();
    return summary(batch, SecretKind::OTHER, v, row.nowUnixSeconds, line);
  }
  if (action == A_KEEP) return batch.dict.intern(v.substr(0, kMaxValue));
  mask(v, scratch_);
  return batch.dict.intern(scratch_);
}

bool Policy::writeHeaders(Batch& batch, Kind kind, const std::string& bytes, const Head& head, const RowContext& row) {
  HeaderLists& list = batch.lists[kind];
  list.reserve(head.count);
  bool fingerprinted = false;
  const bool byRow = byRow_;
  const uint64_t epoch = epoch_;
  for (const HeaderSpan& h : head.fields()) {
    Line* line = !byRow && h.line != nullptr && h.line->serial == h.serial ? h.line : nullptr;
    if (line != nullptr && line->epoch == epoch) {
      if (line->action == A_DROP) continue;
      fingerprinted |= line->fingerprinted;
      list.add(line->nameIndex, line->valueIndex, line->action);
      continue;
    }
    Name& n = name(view(bytes, h.name));
    uint8_t action = n.action[kind];
    bool byPattern = n.byPattern[kind];
    if (byRow_) {
      const Decision d = decide(n, kind, &row);
      action = d.action;
      byPattern = d.byPattern;
    }
    bool mark = false;
    int32_t v = 0;
    if (action != A_DROP) {
      if (n.epoch != epoch_) {
        n.index = batch.dict.internHashed(n.text, n.hash);
        n.epoch = epoch_;
      }
      if (action != A_PRESENCE) v = value(batch, n, action, byPattern, view(bytes, h.value), row, mark, line);
      list.add(n.index, v, action);
      fingerprinted |= mark;
    }
    if (line == nullptr) continue;
    line->epoch = epoch_;
    line->action = action;
    line->nameIndex = n.index;
    line->valueIndex = v;
    line->fingerprinted = mark;
  }
  list.endRow();
  return fingerprinted;
}

Decision Policy::explain(Batch& batch, Kind kind, std::string_view header, std::string_view v, const RowContext& row, uint8_t& action, std::string& leaves) {
  Name& n = name(header);
  const Decision d = decide(n, kind, &row);
  action = d.action;
  leaves.clear();
  if (action == A_DROP || action == A_PRESENCE) return d;
  bool fingerprinted = false;
  const auto at = static_cast<size_t>(value(batch, n, action, d.byPattern, v, row, fingerprinted, nullptr));
  const auto from = static_cast<size_t>(batch.dict.offsets()[at]);
  leaves = batch.dict.text().substr(from, static_cast<size_t>(batch.dict.offsets()[at + 1]) - from);
  return d;
}

// Private and local addresses say nothing of a person outside; public ones lose their last part.
void Policy::address(std::string_view text, bool isPublic, const uint8_t* bytes, bool v6, std::string& out) const {
  out.clear();
  const AddressMode mode = o_.clientAddress();
  if (mode == AddressMode::KEEP || (mode == AddressMode::TRUNCATE && !isPublic)) {
    out = text;
  } else if (mode == AddressMode::HASH) {
    if (fp_.enabled()) fp_.append(text, out);
  } else if (!v6) {
    out = std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) + "." + std::to_string(bytes[2]) + ".0";
  } else {
    static constexpr char kHex[] = "0123456789abcdef";
    for (int i = 0; i < 6; i += 2) {
      const unsigned word = static_cast<unsigned>(bytes[i] << 8 | bytes[i + 1]);
      bool lead = true;
      for (int shift = 12; shift >= 0; shift -= 4) {
        const unsigned d = (word >> shift) & 15;
        if (lead && d == 0 && shift > 0) continue;
        lead = false;
        out += kHex[d];
      }
      out += ':';
    }
    out += ':';
  }
}

}  // namespace hw
