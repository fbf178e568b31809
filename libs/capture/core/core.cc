#include "core.h"

#include <cassert>
#include <cstdlib>

namespace hw {

namespace {

constexpr uint64_t kSweepNs = 100000000, kIdleBatchNs = 5000000000ULL, kForgetNs = 900ULL * 1000000000;

}  // namespace

Core::Core(Options o, Send send) : options(std::move(o)), send_(std::move(send)), policy_(options), sampler_(options.sampleSeed) {
  connections_.reserve(1024);
  batch_ = batches_->take(options.maxRows);
  judging_ = judges();
}

Core::~Core() { connections_.clear(); }

bool Core::onRecord(const void* data, size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  if (size > 0) switch (static_cast<unsigned char>(bytes[0])) {
    case HW_T_DATA:
    case HW_T_LEN: {
      hw_chunk c;
      if (size < sizeof c) break;
      memcpy(&c, bytes, sizeof c);
      if (c.dir > 1 || c.cap > size - sizeof c || c.tail_len > 8 || c.len < c.cap || c.len > 1u << 31 || c.pos > 1ULL << 62) break;
      if (c.ts_ns > nowNs) nowNs = c.ts_ns;
      connection(c.sock).onChunk(c, bytes + sizeof c);
      return true;
    }
    case HW_T_CONN: {
      hw_conn c{};
      if (size < HW_CONN_V1) break;
      memcpy(&c, bytes, size < sizeof c ? size : sizeof c);
      if (c.ts_ns > nowNs) nowNs = c.ts_ns;
      connection(c.sock).onConn(c);
      attribution.onSight(c.tgid, {c.comm, strnlen(c.comm, sizeof c.comm)}, c.start_ns / Attribution::kTickNs, c.cgroup);
      return true;
    }
    case HW_T_CLOSE: {
      hw_close c;
      if (size < sizeof c) break;
      memcpy(&c, bytes, sizeof c);
      if (c.ts_ns > nowNs) nowNs = c.ts_ns;
      const auto it = connections_.find(c.sock);
      if (it == connections_.end()) return true;
      it->second->onClose(c);
      forget(c.sock);
      return true;
    }
  }
  badRecords++;
  return false;
}

Connection& Core::connection(uint64_t cookie) {
  if (last_ != nullptr && last_->cookie() == cookie) return *last_;
  auto it = connections_.find(cookie);
  if (it == connections_.end()) {
    if (connections_.size() >= options.maxConnections) {
      auto oldest = connections_.begin();  // rare: a bound against floods, not a cache
      for (auto i = connections_.begin(); i != connections_.end(); ++i)
        if (i->second->lastNs() < oldest->second->lastNs()) oldest = i;
      oldest->second->abandon("no_response");
      forget(oldest->first);
    }
    it = connections_.emplace(cookie, std::make_unique<Connection>(*this, cookie)).first;
  }
  last_ = it->second.get();
  return *last_;
}

void Core::forget(uint64_t cookie) {
  last_ = nullptr;
  connections_.erase(cookie);
}

Message* Core::newMessage(Kind k) {
  if (free_.empty()) {
    pool_.push_back(std::make_unique<Message>());
    free_.push_back(pool_.back().get());
  }
  Message* m = free_.back();
  free_.pop_back();
  m->reset(k);
  return m;
}

void Core::freeMessage(Message* m) {
  if (m->bytes.capacity() > 16384) m->bytes = std::string();
  free_.push_back(m);
}

// `quietNs`: everything recorded before was read, so what is silent was silent.
void Core::sweep(uint64_t quietNs, bool all) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& c = *it->second;
    if (!c.idle()) c.sweep(quietNs, all);
    if (quietNs > c.lastNs() + kForgetNs) {
      c.abandon("no_response");
      last_ = nullptr;
      it = connections_.erase(it);
    } else {
      ++it;
    }
  }
}

void Core::tick(uint64_t now, uint64_t drainedAtNs) {
  if (now > nowNs) nowNs = now;
  if (sinceUnixMs_ == 0) {
    sinceUnixMs_ = unixNs(nowNs) / 1000000;
    lastBatchNs_ = nowNs;
  }
  if (nowNs - lastSweepNs_ >= kSweepNs) {
    lastSweepNs_ = nowNs;
    sweep(drainedAtNs, false);
  }
  watermarkMs_ = unixNs(drainedAtNs) / 1000000;
  const bool full = batch_->rows > 0 && nowNs - batchOpenedNs_ >= options.lingerMs * 1000000ULL;
  if (full || (batch_->rows == 0 && nowNs - lastBatchNs_ >= kIdleBatchNs)) closeBatch();
  if (!ready_.empty()) offerBatches();
}

void Core::flush(uint64_t now) {
  if (now > nowNs) nowNs = now;
  if (sinceUnixMs_ == 0) sinceUnixMs_ = unixNs(nowNs) / 1000000;
  sweep(nowNs, true);
  watermarkMs_ = unixNs(nowNs) / 1000000;
  closeBatch();
  offerBatches();
}

void Core::emit(Connection& c, Exchange& e, const char* error) {
  Message* q = e.request;
  Message* s = e.response;
  if (!e.begun) judge(c, e, error, false);
  if (e.begun) {
    end(c, e, error);
  } else if (!e.logged) {
    account.filter(REQUEST, e.unloggedBy);
    if (s != nullptr) account.filter(RESPONSE, s->malformed ? F_MALFORMED : e.unloggedBy);
  } else if (ready_.size() >= options.readyBatches) {
    account.lose(REQUEST, L_BATCH_QUEUE_FULL);
    if (s != nullptr) account.lose(RESPONSE, L_BATCH_QUEUE_FULL);
  } else {
    if (batch_->rows == 0) batchOpenedNs_ = nowNs;
    writeRow(c, e, error, Phase::COMPLETE);
    batch_->exchanges += e.weight;
    account.sampling.kept++;
    account.emit(REQUEST);
    if (s != nullptr) {
      if (s->malformed) account.filter(RESPONSE, F_MALFORMED);
      else account.emit(RESPONSE);
    }
  }
  c.giveBack(q);
  if (s != nullptr) c.giveBack(s);
  e.request = e.response = nullptr;
  if (isFull()) closeBatch();
}

void Core::onKernelLoss(uint64_t requests, uint64_t responses) {
  if (requests > 0) account.loseInKernel(REQUEST, requests);
  if (responses > 0) account.loseInKernel(RESPONSE, responses);
}

void Core::closeBatch() {
  if (ready_.size() >= options.readyBatches && batch_->rows == 0) return;  // its deltas go with the next one
  batch_->account = accountJson();
  ready_.push_back(std::move(batch_));
  batch_ = batches_->take(options.maxRows);
  freshBatch();
  lastBatchNs_ = nowNs;
  offerBatches();
}

// What was worked out for the open batch means nothing any more.
void Core::freshBatch() {
  policy_.newBatch();
  memset(words_, 0, sizeof words_);
}

void Core::reconfigure(Rules rules) {
  if (batch_->rows > 0) closeBatch();
  else batch_->reset();
  static_cast<Rules&>(options) = std::move(rules);
  rulesVersion++;
  heads.forget();
  policy_.reload();
  freshBatch();
  for (auto& [cookie, c] : connections_) c->clientAddress.clear();
  judging_ = judges();
}

void Core::throttle(uint32_t oneIn) {
  if (oneIn == throttle_) return;
  if (batch_->rows > 0) closeBatch();
  throttle_ = oneIn;
  judging_ = judges();
}

bool Core::offerBatches() {
  size_t sent = 0;
  while (sent < ready_.size() && send_(ready_[sent])) sent++;
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<long>(sent));
  return ready_.empty();
}

void Core::closing(const std::function<void(BatchPtr&)>& last) {
  for (BatchPtr& b : ready_) last(b);
  ready_.clear();
}

bool Core::audit() const {
  uint64_t held[2] = {0, 0};
  for (const auto& [cookie, c] : connections_) c->audit(held);
  const bool ok = account.balanced() && held[0] == static_cast<uint64_t>(account.of[0].in_flight) && held[1] == static_cast<uint64_t>(account.of[1].in_flight);
#ifndef NDEBUG
  if (!ok) {
    fprintf(stderr, "headwater: start account does not balance: in flight %lld/%lld, held %llu/%llu\n", static_cast<long long>(account.of[0].in_flight),
            static_cast<long long>(account.of[1].in_flight), static_cast<unsigned long long>(held[0]), static_cast<unsigned long long>(held[1]));
    abort();
  }
#endif
  return ok;
}

}  // namespace hw
