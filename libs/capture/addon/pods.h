#pragma once
#include <napi.h>

#include <vector>

#include "../core/attribution.h"

namespace hw {

// PodNames[] of src/port.ts; entries of another shape are passed over.
std::vector<PodNames> readPods(const Napi::Value& v);

}  // namespace hw
