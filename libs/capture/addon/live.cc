#include "live.h"

#include "batch_object.h"
#include "options.h"
#include "pods.h"

namespace hw {

namespace {

constexpr size_t kQueue = 4;  // batches waiting for JavaScript; further ones wait in the core

void giveBatch(Napi::Env env, Napi::Function f, Batch* raw) {
  const BatchPtr b(raw);
  if (env != nullptr) f.Call({batchObject(env, *b)});
}

}  // namespace

struct Live::Shared {
  std::atomic<bool> closing{false};
};

Napi::Function Live::define(Napi::Env env) {
  return DefineClass(env, "Live",
                     {InstanceMethod("open", &Live::open), InstanceMethod("start", &Live::start), InstanceMethod("stop", &Live::stop),
                      InstanceMethod("totals", &Live::totals), InstanceMethod("pause", &Live::pause), InstanceMethod("reconfigure", &Live::reconfigure),
                      InstanceMethod("throttle", &Live::throttle), InstanceMethod("setPods", &Live::setPods)});
}

Live::Live(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Live>(info), shared_(std::make_shared<Shared>()) {
  Drain::Out out;
  out.send = [this](BatchPtr& b) {
    if (shared_->closing) return false;
    Batch* raw = b.get();
    if (onBatch_.NonBlockingCall(raw, giveBatch) != napi_ok) return false;
    b.release();
    return true;
  };
  out.last = [this](BatchPtr& b) {
    if (shared_->closing) return;
    Batch* raw = b.release();
    if (onBatch_.BlockingCall(raw, giveBatch) != napi_ok) delete raw;
  };
  out.end = [this](const std::string& error) {
    onBatch_.Release();
    if (!shared_->closing)
      onEnd_.BlockingCall(new std::string(error), [](Napi::Env env, Napi::Function f, std::string* e) {
        const std::unique_ptr<std::string> text(e);
        if (env != nullptr) f.Call({Napi::String::New(env, *text)});
      });
    onEnd_.Release();
  };
  drain_ = std::make_unique<Drain>(readOptions(info[0].As<Napi::Object>()), std::move(out));
  napi_add_env_cleanup_hook(info.Env(), &Live::atExit, this);
}

Live::~Live() {
  napi_remove_env_cleanup_hook(Env(), &Live::atExit, this);
  shutDown();
}

/* One function for both: a hook is known by its function and argument, and Node ends the process over one that is added twice. */
void Live::atExit(void* self) {
  static_cast<Live*>(self)->shutDown();
}

void Live::shutDown() {
  shared_->closing = true;
  if (drain_ == nullptr) return;
  drain_->stop();
  drain_->join();
}

Napi::Value Live::open(const Napi::CallbackInfo& info) {
  const std::string error = drain_->open(info[0].As<Napi::String>());
  if (!error.empty()) {
    // Now, not when this object is collected: a probe that is late to greet would take the dead connection for its agent
    // and refuse the living one. Whoever opens drops this object.
    drain_.reset();
    return Napi::String::New(info.Env(), error);
  }
  const hw_hello& h = drain_->hello();
  Napi::Object o = Napi::Object::New(info.Env());
  o.Set("wireVersion", h.version);
  o.Set("hooks", h.hooks == HW_HOOKS_SYSCALL ? "syscall" : "sock");
  o.Set("hooksWhy", h.why);
  o.Set("scope", h.scope);
  o.Set("kernel", h.kernel);
  o.Set("ringBytes", h.ring_bytes);
  o.Set("probePid", h.probe_pid);
  return o;
}

Napi::Value Live::start(const Napi::CallbackInfo& info) {
  if (started_) return info.Env().Undefined();
  started_ = true;
  onBatch_ = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "headwater batches", kQueue, 1);
  onEnd_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "headwater end", 0, 1);
  Ref();  // the thread uses this object until the end was told
  drain_->start();
  return info.Env().Undefined();
}

Napi::Value Live::stop(const Napi::CallbackInfo& info) {
  drain_->stop();
  return info.Env().Undefined();
}

Napi::Value Live::totals(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), drain_->totalsJson()); }

Napi::Value Live::reconfigure(const Napi::CallbackInfo& info) {
  drain_->reconfigure(readRules(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

Napi::Value Live::setPods(const Napi::CallbackInfo& info) {
  drain_->setPods(readPods(info[0]));
  return info.Env().Undefined();
}

Napi::Value Live::throttle(const Napi::CallbackInfo& info) {
  drain_->throttle(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value Live::pause(const Napi::CallbackInfo& info) {
  drain_->pause(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

}  // namespace hw
