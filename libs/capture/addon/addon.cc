// The native boundary: two classes and two questions, nothing else. JavaScript validates (src/options.ts), here it is asserted.
#include "explain.h"
#include "live.h"
#include "replay.h"

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Replay", hw::Replay::define(env));
  exports.Set("Live", hw::Live::define(env));
  exports.Set("explainHeaders", Napi::Function::New(env, hw::explainHeaders));
  exports.Set("explainExchange", Napi::Function::New(env, hw::explainExchange));
  Napi::Object reasons = Napi::Object::New(env), filtered = Napi::Object::New(env), lost = Napi::Object::New(env);
  for (int i = 0; i < hw::FILTER_N; i++) filtered.Set(hw::kFilterNames[i], hw::kFilterTexts[i]);
  for (int i = 0; i < hw::LOST_N; i++) lost.Set(hw::kLostNames[i], hw::kLostTexts[i]);
  reasons.Set("filtered", filtered);
  reasons.Set("lost", lost);
  exports.Set("reasons", reasons);
  return exports;
}

NODE_API_MODULE(headwater_capture, init)
