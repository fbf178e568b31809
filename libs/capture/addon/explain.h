#pragma once
#include <napi.h>

namespace hw {

// What would leave of headers and exchanges that nobody captured, by the code that decides it of captured ones.
Napi::Value explainHeaders(const Napi::CallbackInfo& info);   // (rules, HeaderSample): HeaderDecision[]
Napi::Value explainExchange(const Napi::CallbackInfo& info);  // (rules, ExchangeSample): ExchangeDecision

}  // namespace hw
