// A message and an exchange while they are being read.
#pragma once
#include <cstdint>
#include <string>

#include "columns.generated.h"
#include "head.h"

namespace hw {

enum class Framing : uint8_t { NONE, LENGTH, CHUNKED, CLOSE, UNKNOWN };

struct Message {
  std::string bytes;  // the head as captured; capacity is reused
  Head head;
  uint64_t startPos = 0, firstNs = 0, lastNs = 0, firstUnixNs = 0;
  uint64_t headBytes = 0, bodyBytes = 0, remaining = 0;
  size_t scanned = 0;
  uint32_t flags = 0;  // EventFlag
  uint32_t tgid = 0;
  Kind kind = REQUEST;
  Framing framing = Framing::NONE;
  bool counted = false, headDone = false, ended = false, malformed = false;
  bool inferred = false;  // ended by silence only: its body still frames its stream
  bool detached = false;  // resolved; only its framing is still needed

  void reset(Kind k) {
    bytes.clear();
    startPos = firstNs = lastNs = firstUnixNs = headBytes = bodyBytes = remaining = 0;
    scanned = 0;
    flags = tgid = 0;
    kind = k;
    framing = Framing::NONE;
    counted = headDone = ended = malformed = inferred = detached = false;
  }
};

enum class Phase : uint8_t { COMPLETE = 0, BEGIN = 1, END = 2 };

struct Exchange {
  Message* request = nullptr;
  Message* response = nullptr;
  bool interim = false;
  bool looked = false;  // whether it begins with its head was looked at
  bool begun = false;   // counted out already: what is still to come is its `end` row
  uint32_t ordinal = 0; // given with the first row
  bool tunnel = false;  // after 101 or CONNECT: both streams belong to it until the socket ends
  // What filters and sampling say of it (Core::judge); asked once, so that both rows of a long one share it.
  uint32_t weight = 1;
  Filter unloggedBy = F_POLICY;
  bool judged = false, logged = true;
};

}  // namespace hw
