#pragma once
#include <napi.h>

#include "../core/batch.h"

namespace hw {

// { rows, dictionaryEntries, dictionaryBytes, requestHeaders, responseHeaders, account, buffer }: every part one behind
// the other in `buffer`, each at a multiple of 8, in the order of src/columns.ts.
Napi::Object batchObject(Napi::Env env, const Batch& b);

}  // namespace hw
