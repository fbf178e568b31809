#include "replay.h"

#include <ctime>

#include "batch_object.h"
#include "options.h"
#include "pods.h"

namespace hw {

Napi::Function Replay::define(Napi::Env env) {
  return DefineClass(env, "Replay",
                     {InstanceMethod("push", &Replay::push), InstanceMethod("flush", &Replay::flush), InstanceMethod("totals", &Replay::totals),
                      InstanceMethod("audit", &Replay::audit), InstanceMethod("reconfigure", &Replay::reconfigure), InstanceMethod("throttle", &Replay::throttle), InstanceMethod("setPods", &Replay::setPods)});
}

// (options, startUnixMs | 0, audit after every record)
Replay::Replay(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Replay>(info) {
  core_ = std::make_unique<Core>(readOptions(info[0].As<Napi::Object>()), [this](BatchPtr& b) {
    out_.push_back(std::move(b));
    return true;
  });
  core_->replay = true;
  startUnixNs_ = static_cast<int64_t>(info[1].As<Napi::Number>().DoubleValue() * 1e6);
  audits_ = info[2].ToBoolean();
}

Napi::Array Replay::take(Napi::Env env) {
  Napi::Array list = Napi::Array::New(env, out_.size());
  for (size_t i = 0; i < out_.size(); i++) list.Set(static_cast<uint32_t>(i), batchObject(env, *out_[i]));
  out_.clear();
  return list;
}

Napi::Value Replay::push(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  const uint8_t* p = bytes.Data();
  for (size_t left = bytes.ByteLength(); left >= 4;) {
    uint32_t n;
    memcpy(&n, p, 4);
    if (n > left - 4) break;
    uint64_t ts = 0;
    if (n >= 16) memcpy(&ts, p + 4 + 8, 8);  // ts_ns is the second word of every record
    if (!clocked_ && ts > 0) {
      clocked_ = true;
      core_->setClock(startUnixNs_ - static_cast<int64_t>(ts));
    }
    core_->advance(ts);
    core_->onRecord(p + 4, n);
    core_->tick(core_->nowNs, core_->nowNs);
    if (audits_ && !core_->audit()) {
      Napi::Error::New(info.Env(), "the start account does not balance").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    p += 4 + n;
    left -= 4 + n;
  }
  return take(info.Env());
}

Napi::Value Replay::flush(const Napi::CallbackInfo& info) {
  core_->flush(core_->nowNs);
  return take(info.Env());
}

Napi::Value Replay::totals(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), "{" + core_->totalsJson() + ",\"kernel\":{},\"drain_cpu_ns\":0}");
}

Napi::Value Replay::reconfigure(const Napi::CallbackInfo& info) {
  core_->reconfigure(readRules(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

Napi::Value Replay::setPods(const Napi::CallbackInfo& info) {
  core_->attribution.setPods(readPods(info[0]));
  return info.Env().Undefined();
}

Napi::Value Replay::throttle(const Napi::CallbackInfo& info) {
  core_->throttle(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value Replay::audit(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), core_->audit()); }

}  // namespace hw
