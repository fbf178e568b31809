#pragma once
#include <napi.h>

#include "../core/core.h"

namespace hw {

// Recorded records through the same core, on the JavaScript thread.
class Replay : public Napi::ObjectWrap<Replay> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Replay(const Napi::CallbackInfo& info);

 private:
  Napi::Value push(const Napi::CallbackInfo& info);   // (Uint8Array of [u32 LE length][record]...): batches closed by it
  Napi::Value flush(const Napi::CallbackInfo& info);  // (): the rest
  Napi::Value totals(const Napi::CallbackInfo& info);
  Napi::Value audit(const Napi::CallbackInfo& info);
  Napi::Value reconfigure(const Napi::CallbackInfo& info);  // (rules)
  Napi::Value setPods(const Napi::CallbackInfo& info);      // (PodNames[])
  Napi::Value throttle(const Napi::CallbackInfo& info);     // (one in)
  Napi::Array take(Napi::Env env);

  std::vector<BatchPtr> out_;
  std::unique_ptr<Core> core_;
  bool clocked_ = false, audits_ = false;
  int64_t startUnixNs_ = 0;
};

}  // namespace hw
