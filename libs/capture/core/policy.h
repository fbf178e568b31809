// The redaction policy. Each layer: ordered rules, first match wins, then the built-in allow-list, then presence. Of two
// layers' answers the stricter one counts: keep < mask < hash < presence < drop; of a credential never more than a summary.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "batch.h"
#include "fingerprint.h"
#include "head_reader.h"
#include "options.h"
#include "secrets.h"

namespace hw {

struct RowContext {
  std::string_view service, route;
  int64_t nowUnixSeconds = 0;
};

// What becomes of one header value, and which rule of which layer says so.
struct Decision {
  enum : int16_t { CREDENTIAL = -1, ALLOW_LIST = -2, NOT_LISTED = -3 };
  Action action = A_PRESENCE;
  int16_t rule = NOT_LISTED;  // its index, or one of the above
  uint8_t layer = 0;
  bool byPattern = false;  // kept by a rule that does not name this very header
};

class Policy {
 public:
  // `rules` outlives it; after they changed, `reload` before anything else.
  explicit Policy(const Rules& rules);
  void reload();

  // Appends one row's header list of `kind` to the batch. True when a fingerprint was written.
  bool writeHeaders(Batch& batch, Kind kind, const std::string& bytes, const Head& head, const RowContext& row);
  // A new batch: dictionary indices from before mean nothing.
  void newBatch() { epoch_++; }
  uint64_t epoch() const { return epoch_; }
  bool byRow() const { return byRow_; }
  std::string_view text() const { return text_; }  // id@version, with a narrowing one id@version+id@version
  const Fingerprint& fingerprint() const { return fp_; }
  void address(std::string_view text, bool isPublic, const uint8_t* bytes, bool v6, std::string& out) const;
  // For one header, without memory: the decision, the action after a look at the value, and what would leave.
  Decision explain(Batch& batch, Kind kind, std::string_view name, std::string_view value, const RowContext& row, uint8_t& action, std::string& leaves);

 private:
  struct Name {  // one header name as sent; found again without a look-up by rules
    std::string text;
    uint64_t hash = 0;
    SecretKind secret = SecretKind::NONE;
    bool cutQuery = false;
    uint8_t action[2] = {A_PRESENCE, A_PRESENCE};
    bool byPattern[2] = {false, false};
    uint64_t epoch = 0;
    int32_t index = 0;
  };
  // A summary worked out before in this batch: a client sends its token with every request.
  struct Memo {
    uint64_t hash = 0, epoch = 0;
    SecretKind kind = SecretKind::NONE;
    int32_t index = 0;
    std::string value;
  };
  int32_t summary(Batch& batch, SecretKind kind, std::string_view v, int64_t nowUnixSeconds, Line* line);
  Name& name(std::string_view s);
  void fill(Name& n);
  Decision decide(const Name& n, Kind kind, const RowContext* row) const;
  Decision decideIn(const PolicyLayer& layer, const Name& n, Kind kind, const RowContext* row) const;
  int32_t value(Batch& batch, const Name& n, uint8_t& action, bool byPattern, std::string_view v, const RowContext& row, bool& fingerprinted, Line* line);

  const Rules& o_;
  Fingerprint fp_;
  std::string text_, scratch_, uri_;
  bool byRow_ = false;  // a rule asks for the service or the route
  uint64_t epoch_ = 1;
  std::vector<Name> names_;
  size_t used_ = 0;
  Name overflow_;
  std::vector<Memo> memos_;
};

}  // namespace hw
