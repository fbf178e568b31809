// Long exchanges leave in two rows. The account, filters and sampling know them by the first; the second says how they ended.
#include "core.h"

namespace hw {

namespace {

constexpr size_t kMaxUnreadBy = 256;
constexpr uint64_t kStepNs = 100000000;  // how often sweep runs

}  // namespace

void Core::begin(Connection& c, Exchange& e) {
  judge(c, e, nullptr, true);
  if (!e.logged) {
    account.filter(REQUEST, e.unloggedBy);
    account.filter(RESPONSE, e.unloggedBy);
  } else if (ready_.size() >= options.readyBatches) {
    e.logged = false;  // without its beginning an end would say nothing
    account.lose(REQUEST, L_BATCH_QUEUE_FULL);
    account.lose(RESPONSE, L_BATCH_QUEUE_FULL);
  } else {
    if (batch_->rows == 0) batchOpenedNs_ = nowNs;
    writeRow(c, e, nullptr, Phase::BEGIN);
    batch_->exchanges += e.weight;
    account.sampling.kept++;
    account.emit(REQUEST);
    account.emit(RESPONSE);
    if (isFull()) closeBatch();
  }
}

// Time goes on by itself, as when nothing is recorded: in steps, so that timers run out one after the other.
void Core::advance(uint64_t toNs) {
  if (nowNs == 0) return;
  while (toNs > nowNs + kStepNs) {
    const uint64_t step = (toNs - nowNs) / 64;
    const uint64_t now = nowNs + (step > kStepNs ? step : kStepNs);
    tick(now, now);
  }
}

// The end of what began: no exchange more, so where it cannot be written it is counted apart.
void Core::end(Connection& c, Exchange& e, const char* error) {
  if (!e.logged) return;
  if (ready_.size() >= options.readyBatches) {
    endsLost++;
    return;
  }
  if (batch_->rows == 0) batchOpenedNs_ = nowNs;
  writeRow(c, e, error, Phase::END);
}

void Core::onUnreadStart(uint32_t tgid, uint8_t why) {
  std::pair<std::string, uint8_t> key(attribution.of(tgid).executable, why);
  if (unreadBy_.size() >= kMaxUnreadBy && !unreadBy_.contains(key)) key.first.clear();
  unreadBy_[key]++;
}

}  // namespace hw
