#pragma once
#include <napi.h>

#include <memory>

#include "../live/drain.h"

namespace hw {

// The drain thread behind a few methods.
class Live : public Napi::ObjectWrap<Live> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Live(const Napi::CallbackInfo& info);
  ~Live() override;
  void shutDown();  // the environment ends: no JavaScript any more
  static void atExit(void* self);

 private:
  Napi::Value open(const Napi::CallbackInfo& info);   // (path): an error sentence, or the hello as an object
  Napi::Value start(const Napi::CallbackInfo& info);  // (onBatch, onEnd)
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value totals(const Napi::CallbackInfo& info);
  Napi::Value pause(const Napi::CallbackInfo& info);
  Napi::Value reconfigure(const Napi::CallbackInfo& info);  // (rules)
  Napi::Value setPods(const Napi::CallbackInfo& info);      // (PodNames[])
  Napi::Value throttle(const Napi::CallbackInfo& info);     // (one in)

  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Drain> drain_;
  Napi::ThreadSafeFunction onBatch_, onEnd_;
  bool started_ = false;
};

}  // namespace hw
