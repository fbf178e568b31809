#pragma once
#include <napi.h>

#include "../core/options.h"

namespace hw {

// JavaScript validated it (src/options.ts); here only the shape is asserted.
Options readOptions(const Napi::Object& o);
Rules readRules(const Napi::Object& o);

}  // namespace hw
