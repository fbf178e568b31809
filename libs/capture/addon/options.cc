#include "options.h"

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

}  // namespace

Options readOptions(const Napi::Object& o) {
  Options out;
  const Napi::Object batch = object(o, "batch"), policy = object(o, "policy");
  out.maxRows = static_cast<uint32_t>(number(batch, "maxRows", out.maxRows));
  out.maxBytes = static_cast<uint32_t>(number(batch, "maxBytes", out.maxBytes));
  out.lingerMs = static_cast<uint32_t>(number(batch, "lingerMs", out.lingerMs));
  out.reassemblyMaxBytes = static_cast<uint64_t>(number(o, "reassemblyMaxBytes", static_cast<double>(out.reassemblyMaxBytes)));
  out.endInferredAfterMs = static_cast<uint32_t>(number(o, "endInferredAfterMs", out.endInferredAfterMs));
  out.policyId = text(policy, "id");
  out.policyVersion = static_cast<uint32_t>(number(policy, "version", 1));
  out.pathKeep = text(policy, "path") == "keep";
  out.queryNames = policy.Get("queryNames").ToBoolean();
  const std::string address = text(policy, "clientAddress");
  out.clientAddress = address == "keep" ? AddressMode::KEEP : address == "hash" ? AddressMode::HASH : AddressMode::TRUNCATE;
  each(policy, "rules", [&](const Napi::Object& r) {
    Rule rule;
    rule.header = text(r, "header");
    rule.service = text(r, "service");
    rule.route = text(r, "route");
    const std::string direction = text(r, "direction");
    rule.direction = direction == "request" ? 0 : direction == "response" ? 1 : -1;
    rule.action = action(text(r, "action"));
    out.rules.push_back(std::move(rule));
  });
  if (o.Get("key").IsObject()) {
    out.keyId = text(object(o, "key"), "id");
    out.key = unhex(text(object(o, "key"), "hex"));
  }
  each(o, "services", [&](const Napi::Object& r) {
    ServiceRule rule;
    rule.service = text(r, "service");
    rule.exe = text(r, "exe");
    rule.cgroup = text(r, "cgroup");
    rule.port = static_cast<int>(number(r, "port", -1));
    out.services.push_back(std::move(rule));
  });
  return out;
}

}  // namespace hw
