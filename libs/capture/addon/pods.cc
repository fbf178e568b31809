#include "pods.h"

namespace hw {

namespace {

std::string text(const Napi::Object& o, const char* name) {
  const Napi::Value v = o.Get(name);
  return v.IsString() ? v.As<Napi::String>().Utf8Value() : std::string();
}

template <typename F>
void each(const Napi::Value& v, F f) {
  if (!v.IsArray()) return;
  const Napi::Array list = v.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++)
    if (list.Get(i).IsObject()) f(list.Get(i).As<Napi::Object>());
}

}  // namespace

std::vector<PodNames> readPods(const Napi::Value& v) {
  std::vector<PodNames> out;
  each(v, [&](const Napi::Object& o) {
    PodNames& pod = out.emplace_back();
    pod.uid = text(o, "uid");
    pod.name = text(o, "name");
    pod.space = text(o, "namespace");
    each(o.Get("containers"), [&](const Napi::Object& c) { pod.containers.push_back({text(c, "id"), text(c, "name")}); });
  });
  return out;
}

}  // namespace hw
