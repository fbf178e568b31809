#include "explain.h"

#include <arpa/inet.h>

#include <ctime>

#include "../core/filter.h"
#include "../core/policy.h"
#include "../core/route.h"
#include "../core/target.h"
#include "options.h"

namespace hw {

namespace {

// As bytes cross a socket: characters up to U+00FF are one byte each, as everywhere here; others their UTF-8.
std::string wireBytes(const Napi::Value& v) {
  const std::u16string text = v.ToString().Utf16Value();
  std::string out;
  for (const char16_t c : text) {
    if (c > 0xff) return v.ToString().Utf8Value();
    out += static_cast<char>(c);
  }
  return out;
}

std::string wireText(const Napi::Object& o, const char* name) {
  const Napi::Value v = o.Get(name);
  return v.IsString() ? wireBytes(v) : std::string();
}

std::string layerName(const PolicyLayer& l) { return l.id + "@" + std::to_string(l.version); }

constexpr const char* kActions[] = {"keep", "presence", "hash", "mask", "summary", "drop"};

Napi::Array headerDecisions(Napi::Env env, const Rules& rules, Kind kind, const Napi::Value& headers, const RowContext& row) {
  Policy policy(rules);
  Batch batch(1);
  const Napi::Array list = headers.As<Napi::Array>();
  Napi::Array out = Napi::Array::New(env, list.Length());
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Object h = list.Get(i).As<Napi::Object>();
    uint8_t action = A_PRESENCE;
    std::string leaves;
    const Decision d = policy.explain(batch, kind, wireText(h, "name"), wireText(h, "value"), row, action, leaves);
    std::string by = "not on the allow-list";
    if (action == A_SUMMARY && d.action != A_SUMMARY) by = "looks like a credential";
    else if (d.rule >= 0) by = layerName(d.layer == 0 ? rules.policy : rules.narrowing) + " rule " + std::to_string(d.rule + 1);
    else if (d.rule == Decision::CREDENTIAL) by = "credential";
    else if (d.rule == Decision::ALLOW_LIST) by = "built-in allow-list";
    Napi::Object o = Napi::Object::New(env);
    o.Set("name", h.Get("name"));
    o.Set("action", kActions[action]);
    o.Set("value", leaves);
    o.Set("by", by);
    out.Set(i, o);
  }
  return out;
}

std::string headBytes(const std::string& start, const Napi::Value& headers) {
  std::string out = start + "\r\n";
  const Napi::Array list = headers.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Object h = list.Get(i).As<Napi::Object>();
    out += wireText(h, "name") + ": " + wireText(h, "value") + "\r\n";
  }
  return out + "\r\n";
}

std::string filterName(const PolicyLayer& l, int by) { return by < 0 ? "no filter matches" : layerName(l) + " filter " + std::to_string(by + 1); }

std::string addressText(const Policy& policy, const std::string& address) {
  uint8_t bytes[16] = {};
  std::string out;
  const bool v6 = inet_pton(AF_INET, address.c_str(), bytes) != 1;
  if (v6 && inet_pton(AF_INET6, address.c_str(), bytes) != 1) return out;
  policy.address(address, isPublicAddress(bytes, v6), bytes, v6, out);
  return out;
}

}  // namespace

Napi::Value explainHeaders(const Napi::CallbackInfo& info) {
  const Rules rules = readRules(info[0].As<Napi::Object>());
  const Napi::Object o = info[1].As<Napi::Object>();
  const std::string service = wireText(o, "service"), route = wireText(o, "route");
  return headerDecisions(info.Env(), rules, wireText(o, "direction") == "response" ? RESPONSE : REQUEST, o.Get("headers"), {service, route, time(nullptr)});
}

Napi::Value explainExchange(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Rules rules = readRules(info[0].As<Napi::Object>());
  const Napi::Object o = info[1].As<Napi::Object>();
  const auto number = [&](const char* name) { return o.Get(name).ToNumber().DoubleValue(); };
  const std::string method = wireText(o, "method"), service = wireText(o, "service");
  const auto status = static_cast<uint16_t>(number("status"));
  std::string bytes[2] = {headBytes(method + " " + wireText(o, "target") + " HTTP/1.1", o.Get("requestHeaders")),
                          headBytes("HTTP/1.1 " + std::to_string(status) + " ", o.Get("responseHeaders"))};
  Head head[2];
  for (const Kind k : {REQUEST, RESPONSE}) {
    if (k == RESPONSE && status == 0) break;
    if (headEnd(bytes[k].data(), bytes[k].size(), 0) == bytes[k].size() && parseHead(k, bytes[k], false, head[k]) == HeadResult::OK) continue;
    Napi::Error::New(env, k == REQUEST ? "method, target and request headers make no HTTP/1.1 head" : "status and response headers make no HTTP/1.1 head").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const Target target = splitTarget(method, view(bytes[REQUEST], head[REQUEST].target));
  ExchangeFacts f;
  f.method = method;
  f.path = target.path;
  f.host = target.host;
  if (!target.hasHost && head[REQUEST].host >= 0) f.host = hostOnly(view(bytes[REQUEST], head[REQUEST].headers[static_cast<size_t>(head[REQUEST].host)].value));
  f.service = service;
  f.status = status;
  f.port = static_cast<uint16_t>(number("port"));
  f.client = wireText(o, "role") == "client";
  f.totalNs = static_cast<uint64_t>(number("totalMs") * 1e6);
  f.of[REQUEST] = {&bytes[REQUEST], &head[REQUEST]};
  if (status != 0) f.of[RESPONSE] = {&bytes[RESPONSE], &head[RESPONSE]};
  const FilterAnswer a = askFilters(rules, f);
  std::string by = filterName(rules.policy, a.by[0]);
  if (rules.narrowed) by += "; " + filterName(rules.narrowing, a.by[1]);
  uint32_t weight = a.oneIn;
  if (weight > 1 && neverSampled(rules, f)) {
    by += status == 0 || status >= 400 ? "; an error: never sampled" : "; slower than " + std::to_string(rules.policy.keepSlowerThanMs) + " ms: never sampled";
    weight = 1;
  }
  std::string route, path, query;
  routeTemplate(target.path, route);
  leavingPath(rules.pathKeep(), target.path, route, path);
  if (target.hasQuery && rules.queryNames()) queryNames(target.query, query);
  const RowContext row{service, route, time(nullptr)};
  Napi::Object out = Napi::Object::New(env);
  out.Set("logged", weight > 0);
  out.Set("weight", weight);
  out.Set("by", by);
  out.Set("route", route);
  out.Set("path", path);
  out.Set("query", query);
  const std::string address = wireText(o, "clientAddress");
  out.Set("clientAddress", addressText(Policy(rules), address.empty() ? "203.0.113.9" : address));
  out.Set("requestHeaders", headerDecisions(env, rules, REQUEST, o.Get("requestHeaders"), row));
  out.Set("responseHeaders", headerDecisions(env, rules, RESPONSE, o.Get("responseHeaders"), row));
  return out;
}

}  // namespace hw
