// The whole of the capture behind one door: records in, batches out. One thread uses it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "account.h"
#include "attribution.h"
#include "batch.h"
#include "connection.h"
#include "options.h"
#include "filter.h"
#include "policy.h"
#include "sampling.h"

namespace hw {

class Core {
 public:
  // `send` takes a closed batch, or returns false (and leaves it) when its reader is busy.
  using Send = std::function<bool(BatchPtr&)>;
  Core(Options o, Send send);
  ~Core();

  // One record as it lies in the ring. False: it does not follow wire.h (and was counted).
  bool onRecord(const void* data, size_t size);
  // Monotonic now of the records' clock; runs timers, closes batches by time. `drainedAtNs`: everything recorded before was read.
  void tick(uint64_t nowNs, uint64_t drainedAtNs);
  // Without records until then: ticks as the drain would (a replay's pauses).
  void advance(uint64_t toNs);
  // Ends what can be ended and closes the batch. Afterwards only `offerBatches`.
  void flush(uint64_t nowNs);
  // Gives waiting batches to the reader; true when none is left.
  bool offerBatches();
  // The end: every batch still waiting goes to `last`, which may block.
  void closing(const std::function<void(BatchPtr&)>& last);
  // The open batch closes; what is written from then on obeys these rules.
  void reconfigure(Rules rules);
  // Keeps one of `oneIn` on top of the filters' rates.
  void throttle(uint32_t oneIn);
  void setClock(int64_t unixMinusMono) { unixMinusMono_ = unixMinusMono; }
  // Kernel-side deltas since the last call.
  void onKernelLoss(uint64_t requests, uint64_t responses);
  void onUnread(const char* reason, uint64_t n) { unread_[reason] += n; }
  // The law, recounted from what is held. Aborts in debug builds when it does not hold.
  bool audit() const;
  // Members of CaptureTotals, without the braces.
  std::string totalsJson() const;

  // For connections.
  Message* newMessage(Kind k);
  void freeMessage(Message* m);
  void emit(Connection& c, Exchange& e, const char* error);
  // Asks filters and sampling once per exchange; the answer is in `e`. `begun`: it goes on, so nobody knows yet whether
  // it will be slow, and sampling never leaves it out.
  void judge(const Connection& c, Exchange& e, const char* error, bool begun) {
    if (e.judged) return;
    e.judged = true;
    if (judging_) judgeNow(c, e, error, begun);
    account.sampling.exchanges += e.logged || e.unloggedBy == F_SAMPLED;
  }
  // Its first row and its place in the account; what `emit` writes of it later is its end (phases.cc).
  void begin(Connection& c, Exchange& e);
  void end(Connection& c, Exchange& e, const char* error);
  void onUnreadStart(uint32_t tgid, uint8_t why);
  int64_t unixNs(uint64_t monoNs) const { return static_cast<int64_t>(monoNs) + unixMinusMono_; }

  HeadReader heads;
  Options options;  // its Rules change by `reconfigure` only
  uint64_t rulesVersion = 1;  // changes with them
  Account account;
  Attribution attribution;
  uint64_t nowNs = 0;
  uint64_t heldBytes = 0;       // unfinished heads and waiting records
  uint64_t unreadMessages = 0;  // message starts that could not be read
  uint64_t badRecords = 0;
  uint64_t endsLost = 0;  // `end` rows that could not be written
  bool replay = false;
  uint32_t newcomer = 0;  // pid that uses a socket without being in its record; whoever can ask, asks and sets it to 0
  size_t connectionCount() const { return connections_.size(); }
  size_t waitingBatches() const { return ready_.size(); }

 private:
  Connection& connection(uint64_t cookie);
  void forget(uint64_t cookie);
  void sweep(uint64_t quietNs, bool all);
  bool isFull() const { return batch_->rows >= batch_->maxRows || batch_->weight() >= options.maxBytes; }
  void closeBatch();
  void freshBatch();
  std::string accountJson();
  std::string unreadByJson() const;
  void judgeNow(const Connection& c, Exchange& e, const char* error, bool begun);
  std::string_view routeOf(const Message& q);
  // row.cc
  void writeRow(Connection& c, Exchange& e, const char* error, Phase phase);
  void writePeer(Connection& c);
  std::string_view writeTarget(const Message& q);
  void readTarget(const Message& q, Start& t);
  int32_t hostIndex(const Message& q);
  void writeAddresses(Connection& c);
  struct Who {
    uint64_t epoch = 0, version = 0, ticks = 0;
    uint32_t tgid = 0;
    uint16_t port = 0;
    int32_t service = 0, executable = 0, container = 0, pod = 0, unit = 0, containerName = 0, podName = 0, space = 0;
    std::string_view serviceText;
  };
  // `ticks`: when the process began, 0 unknown.
  const Who& whoIs(uint32_t tgid, uint16_t port, uint64_t ticks);
  // Words that most rows carry; their index is looked up once per batch.
  enum Word : uint8_t { W_TCP, W_UNIX, W_1_0, W_1_1, W_GRPC, W_POLICY, W_KEY_ID, WORD_N };
  int32_t fixed(Word w, std::string_view text) { return words_[w] != 0 ? words_[w] : words_[w] = batch_->dict.intern(text); }

  Send send_;
  Policy policy_;
  Sampler sampler_;
  bool judging_ = false;  // `judges`, worked out when something it asks changed
  bool judges() const { return throttle_ > 1 || !options.policy.filters.empty() || (options.narrowed && !options.narrowing.filters.empty()); }
  uint32_t throttle_ = 1, strongestRate_ = 1;  // the latter since the last batch
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  Connection* last_ = nullptr;
  std::vector<std::unique_ptr<Message>> pool_;
  std::vector<Message*> free_;
  std::shared_ptr<BatchPool> batches_ = std::make_shared<BatchPool>();
  BatchPtr batch_;
  std::vector<BatchPtr> ready_;
  uint64_t batchOpenedNs_ = 0, lastSweepNs_ = 0, lastBatchNs_ = 0;
  int64_t unixMinusMono_ = 0;
  Account told_;  // as of the last closed batch
  uint64_t toldUnread_ = 0, toldEmitted_ = 0;
  int64_t sinceUnixMs_ = 0, watermarkMs_ = 0;
  std::unordered_map<std::string, uint64_t> unread_;
  std::map<std::pair<std::string, uint8_t>, uint64_t> unreadBy_;  // executable, enum hw_why
  std::string pathText_;
  Start scratchStart_;
  static constexpr size_t kWho = 16;  // a power of two
  Who who_[kWho];
  int32_t words_[WORD_N] = {};
};

}  // namespace hw
