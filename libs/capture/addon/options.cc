#include "options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace hw {

namespace {

std::string text(const Napi::Object& o, const char* name) {
  const Napi::Value v = o.Get(name);
  return v.IsString() ? v.As<Napi::String>().Utf8Value() : std::string();
}

double number(const Napi::Object& o, const char* name, double otherwise) {
  const Napi::Value v = o.Get(name);
  return v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : otherwise;
}

Napi::Object object(const Napi::Object& o, const char* name) { return o.Get(name).As<Napi::Object>(); }

template <typename F>
void each(const Napi::Object& o, const char* name, F f) {
  if (!o.Get(name).IsArray()) return;
  const Napi::Array list = o.Get(name).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) f(list.Get(i).As<Napi::Object>());
}

Action action(const std::string& s) {
  if (s == "keep") return A_KEEP;
  if (s == "drop") return A_DROP;
  if (s == "hash") return A_HASH;
  if (s == "mask") return A_MASK;
  return A_PRESENCE;  // the safe one for anything unknown
}

std::string unhex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<char>(strtol(hex.substr(i, 2).c_str(), nullptr, 16)));
  return out;
}

std::vector<std::string> texts(const Napi::Object& o, const char* name) {
  std::vector<std::string> out;
  if (!o.Get(name).IsArray()) return out;
  const Napi::Array list = o.Get(name).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) out.push_back(list.Get(i).ToString().Utf8Value());
  return out;
}

int direction(const Napi::Object& o) {
  const std::string d = text(o, "direction");
  return d == "request" ? 0 : d == "response" ? 1 : -1;
}

ExchangeMatch exchangeMatch(const Napi::Object& o) {
  ExchangeMatch m;
  m.methods = texts(o, "methods");
  for (const std::string& s : texts(o, "statuses")) {
    if (s.size() == 3 && s[1] == 'x') m.classes |= static_cast<uint8_t>(1 << (s[0] - '0'));
    else m.statuses.push_back(static_cast<uint16_t>(atoi(s.c_str())));
  }
  for (const std::string& s : texts(o, "ports")) m.ports.push_back(static_cast<uint16_t>(atoi(s.c_str())));
  m.host = text(o, "host");
  m.path = text(o, "path");
  m.service = text(o, "service");
  const std::string role = text(o, "role");
  m.role = role == "server" ? 0 : role == "client" ? 1 : -1;
  m.slowerThanMs = static_cast<int64_t>(number(o, "slowerThanMs", -1));
  if (!o.Get("header").IsObject()) return m;
  const Napi::Object header = object(o, "header");
  m.header = text(header, "name");
  m.headerDirection = direction(header);
  m.hasHeaderValue = header.Get("value").IsString();
  m.headerValue = text(header, "value");
  return m;
}

PolicyLayer layer(const Napi::Object& policy) {
  PolicyLayer out;
  out.id = text(policy, "id");
  out.version = static_cast<uint32_t>(number(policy, "version", 1));
  out.pathKeep = text(policy, "path") == "keep";
  out.queryNames = policy.Get("queryNames").ToBoolean();
  out.keepSlowerThanMs = static_cast<uint32_t>(number(policy, "keepSlowerThanMs", out.keepSlowerThanMs));
  const std::string address = text(policy, "clientAddress");
  out.clientAddress = address == "keep" ? AddressMode::KEEP : address == "hash" ? AddressMode::HASH : AddressMode::TRUNCATE;
  each(policy, "rules", [&](const Napi::Object& r) {
    Rule rule;
    rule.header = text(r, "header");
    rule.service = text(r, "service");
    rule.route = text(r, "route");
    rule.direction = direction(r);
    rule.action = action(text(r, "action"));
    out.rules.push_back(std::move(rule));
  });
  each(policy, "filters", [&](const Napi::Object& f) {
    LogFilter filter;
    filter.match = exchangeMatch(object(f, "match"));
    const Napi::Value log = f.Get("log");
    filter.oneIn = log.IsNumber() ? log.As<Napi::Number>().Uint32Value() : text(f, "log") == "none" ? 0 : 1;
    out.filters.push_back(std::move(filter));
  });
  return out;
}

Key key(const Napi::Object& o, const char* name) {
  if (!o.Get(name).IsObject()) return {};
  const Napi::Object k = object(o, name);
  return {text(k, "id"), unhex(text(k, "hex"))};
}

// "10.0.0.0/8", "2001:db8::/32", or an address alone. False: neither.
bool network(const std::string& cidr, Peer& out) {
  const size_t slash = cidr.find('/');
  const std::string address = cidr.substr(0, slash);
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  int most = 128;
  if (inet_pton(AF_INET6, address.c_str(), out.prefix) != 1) {
    memcpy(out.prefix, kMapped, sizeof kMapped);
    if (inet_pton(AF_INET, address.c_str(), out.prefix + 12) != 1) return false;
    most = 32;
  }
  const int bits = slash == std::string::npos ? most : atoi(cidr.c_str() + slash + 1);
  if (bits < 0 || bits > most) return false;
  out.bits = static_cast<uint8_t>(bits + 128 - most);
  return true;
}

}  // namespace

Rules readRules(const Napi::Object& o) {
  Rules out;
  out.policy = layer(object(o, "policy"));
  out.narrowed = o.Get("narrowing").IsObject();
  if (out.narrowed) out.narrowing = layer(object(o, "narrowing"));
  out.key = key(o, "key");
  out.previousKey = key(o, "previousKey");
  each(o, "services", [&](const Napi::Object& r) {
    ServiceRule rule;
    rule.service = text(r, "service");
    rule.exe = text(r, "exe");
    rule.cgroup = text(r, "cgroup");
    rule.port = static_cast<int>(number(r, "port", -1));
    out.services.push_back(std::move(rule));
  });
  each(o, "peers", [&](const Napi::Object& p) {
    Peer peer;
    peer.name = text(p, "name");
    if (network(text(p, "cidr"), peer)) out.peers.push_back(std::move(peer));
  });
  std::stable_sort(out.peers.begin(), out.peers.end(), [](const Peer& a, const Peer& b) { return a.bits > b.bits; });
  return out;
}

Options readOptions(const Napi::Object& o) {
  Options out;
  static_cast<Rules&>(out) = readRules(o);
  const Napi::Object batch = object(o, "batch");
  out.maxRows = static_cast<uint32_t>(number(batch, "maxRows", out.maxRows));
  out.maxBytes = static_cast<uint32_t>(number(batch, "maxBytes", out.maxBytes));
  out.lingerMs = static_cast<uint32_t>(number(batch, "lingerMs", out.lingerMs));
  out.reassemblyMaxBytes = static_cast<uint64_t>(number(o, "reassemblyMaxBytes", static_cast<double>(out.reassemblyMaxBytes)));
  out.endInferredAfterMs = static_cast<uint32_t>(number(o, "endInferredAfterMs", out.endInferredAfterMs));
  out.sampleSeed = static_cast<uint64_t>(number(o, "sampleSeed", 0));  // tests
  return out;
}

}  // namespace hw
