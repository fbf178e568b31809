// Reads heads with memory: header lines and start lines that llhttp accepted before are known by their bytes.
//
// llhttp stays the judge of what is HTTP. Why it need not see a known line again: a header field that is none of
// connection, content-length, proxy-connection, transfer-encoding and upgrade leaves llhttp in the state it was in
// before the line. So a head is valid, and framed as llhttp says, exactly if (1) its start line with only the lines
// that frame is, and (2) each other line is accepted on its own; visible ASCII between a usual name and CR LF is, without
// asking. Heads with folded lines or a CR that ends no line go through llhttp whole. fuzz/records.cc holds both ways
// against each other.
#pragma once
#include "cache.h"
#include "head.h"
#include "llhttp.h"

namespace hw {

// A header line; what the policy made of it is valid while `epoch` is that of the open batch.
struct Line : Cached {
  uint32_t nameLen = 0, valueAt = 0, valueLen = 0;
  bool frames = false, noted = false;  // noted: Head::note knows the name
  bool fingerprinted = false;
  uint8_t action = 0;
  int32_t nameIndex = 0, valueIndex = 0;
  uint64_t epoch = 0, hostEpoch = 0;
  int32_t hostIndex = 0;  // of a host line, without the port
  std::string text;  // a summary or fingerprint that does not change with time
};

// A start line with the lines that frame; what a row needs of the target is valid while `epoch` is the open batch's.
struct Start : Cached, Framed {
  uint64_t epoch = 0;
  int32_t methodIndex = 0, schemeIndex = 0, routeIndex = 0, pathIndex = 0, queryIndex = 0;
  int32_t hostIndex = -1;  // of the target's authority; -1: it has none
  bool routed = false;
  std::string route;  // does not change with the batch
};

class HeadReader {
 public:
  HeadReader();
  // Like headEnd from the start; remembers the lines for a `read` of the same bytes that comes next.
  size_t scan(const char* data, size_t n);
  // Like parseHead.
  HeadResult read(Kind kind, std::string& bytes, bool truncated, Head& out);
  // The rules changed: what was made of header lines is worked out again. Heads in hand lose their way to it.
  void forget();

 private:
  struct Missed {
    uint32_t at, len, header;
    uint64_t hash;
  };
  bool accepted(Kind kind, const char* line, size_t n);
  Start* facts(Kind kind, size_t n);

  static constexpr size_t kMaxLines = 128;
  uint32_t end_[kMaxLines] = {};  // offset behind each line, the blank one last
  size_t lines_ = 0, scanned_ = 0;
  bool plain_ = false;
  llhttp_t fresh_[2], judge_[2];  // at the beginning of a message, and behind a start line
  Cache<Line> known_[2];
  Cache<Start> starts_[2];
  std::vector<Missed> missed_;
  std::vector<char> key_;  // a start line and the lines that frame; longer than they are
  Start scratch_;           // of a key that is not kept
};

}  // namespace hw
