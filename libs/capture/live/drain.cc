#include "drain.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

namespace hw {

namespace {

constexpr uint64_t kMs = 1000000;
constexpr uint32_t kPassRecords = 8192;      // then totals() gets a turn
constexpr uint64_t kBusyNs = 5 * kMs / 2;    // measured: a small ring drained every 2 to 3 ms stays in the cache
constexpr uint64_t kIdleNs = 20 * kMs;
constexpr uint64_t kCountersNs = 100 * kMs;
constexpr int kResolveMs = 20;               // once per process; afterwards its answer is taken when it comes
constexpr uint64_t kAskAgainNs = 60000 * kMs, kAskRenamedNs = 1000 * kMs;

uint64_t clockNs(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000ULL + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

Drain::Drain(Options o, Out out) : out_(std::move(out)), core_(std::move(o), out_.send) {}

Drain::~Drain() {
  stop();
  join();
  if (ring_ != nullptr) ring_buffer__free(ring_);
  if (wake_ >= 0) close(wake_);
}

std::string Drain::open(const std::string& path) {
  if (std::string error = probe_.connect(path); !error.empty()) return error;
  ring_ = ring_buffer__new(probe_.fd(HW_FD_RING), onRecord, this, nullptr);
  if (ring_ == nullptr) return std::string("cannot map the probe's ring: ") + strerror(errno);
  const hw_control control{};
  const uint32_t key = 0;
  bpf_map_update_elem(probe_.fd(HW_FD_CONTROL), &key, &control, BPF_ANY);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  setClock();
  readCounters();
  return {};
}

void Drain::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "hw-drain");
    run();
  });
}

void Drain::stop() {
  stop_ = true;
  const uint64_t one = 1;
  if (wake_ >= 0 && write(wake_, &one, sizeof one) < 0) return;
}

void Drain::join() {
  if (thread_.joinable()) thread_.join();
}

void Drain::pause(uint32_t ms) { pausedUntilNs_ = clockNs(CLOCK_MONOTONIC) + ms * kMs; }

void Drain::setClock() { core_.setClock(static_cast<int64_t>(clockNs(CLOCK_REALTIME)) - static_cast<int64_t>(clockNs(CLOCK_MONOTONIC))); }

void Drain::reconfigure(Rules rules) {
  const std::lock_guard<std::mutex> lock(ordersMutex_);
  newRules_ = std::move(rules);
  ordered_ = true;
}

void Drain::throttle(uint32_t oneIn) {
  const std::lock_guard<std::mutex> lock(ordersMutex_);
  newThrottle_ = oneIn;
  ordered_ = true;
}

void Drain::setPods(std::vector<PodNames> pods) {
  const std::lock_guard<std::mutex> lock(ordersMutex_);
  newPods_ = std::move(pods);
  ordered_ = true;
}

// With the core's mutex held.
void Drain::takeOrders() {
  if (!ordered_) return;
  const std::lock_guard<std::mutex> lock(ordersMutex_);
  ordered_ = false;
  if (newRules_.has_value()) core_.reconfigure(std::move(*newRules_));
  newRules_.reset();
  if (newThrottle_ > 0) core_.throttle(newThrottle_);
  newThrottle_ = 0;
  if (newPods_.has_value()) core_.attribution.setPods(*newPods_);
  newPods_.reset();
}

int Drain::onRecord(void* self, void* data, size_t size) {
  Drain& d = *static_cast<Drain*>(self);
  d.core_.onRecord(data, size);
  if (size >= sizeof(hw_conn) && *static_cast<unsigned char*>(data) == HW_T_CONN) {
    hw_conn c;
    memcpy(&c, data, sizeof c);
    d.resolve(c.tgid, c.start_ns / Attribution::kTickNs, c.comm);
  } else if (d.core_.newcomer != 0) {
    static constexpr char kNoName[sizeof(hw_conn::comm)] = {};
    d.resolve(d.core_.newcomer, 0, kNoName);
    d.core_.newcomer = 0;
  }
  return ++d.taken_ >= d.budget_ ? -EAGAIN : 0;
}

bool Drain::pass() {
  taken_ = 0;
  budget_ = kPassRecords;
  const int n = ring_buffer__consume(ring_);
  return n != -EAGAIN;
}

void Drain::run() {
  uint64_t wait = kBusyNs, clockAt = 0;
  while (!stop_) {
    const uint64_t now = clockNs(CLOCK_MONOTONIC);
    bool emptied = false;
    if (now >= pausedUntilNs_) {
      while (wanted_) usleep(20);
      const std::lock_guard<std::mutex> lock(mutex_);
      takeOrders();
      if (now - clockAt > 1000 * kMs) {
        clockAt = now;
        setClock();
      }
      emptied = pass();
      if (emptied) drainedAtNs_ = now;
      if (now - countersAtNs_ >= kCountersNs) readCounters();
      const uint64_t after = clockNs(CLOCK_MONOTONIC);
      core_.tick(after, drainedAtNs_ == 0 ? now : drainedAtNs_);
    } else {
      const std::lock_guard<std::mutex> lock(mutex_);
      core_.offerBatches();
      emptied = true;
    }
    if (taken_ > 0) wait = kBusyNs;
    else if (wait < kIdleNs) wait = wait * 3 / 2;
    timespec t{0, emptied ? static_cast<long>(wait) : 0};
    pollfd p[2] = {{probe_.socket(), POLLIN, 0}, {wake_, POLLIN, 0}};
    if (ppoll(p, 2, &t, nullptr) > 0 && p[0].revents != 0) {
      const std::lock_guard<std::mutex> lock(mutex_);
      readReplies();
    }
    if (gone_) break;
  }
  std::vector<BatchPtr> rest;  // handed over without the mutex: `last` may wait for a reader that waits for totals()
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    takeOrders();
    while (!pass()) {
    }
    readCounters();
    core_.flush(clockNs(CLOCK_MONOTONIC));
    core_.closing([&rest](BatchPtr& b) { rest.push_back(std::move(b)); });
  }
  for (BatchPtr& b : rest) out_.last(b);
  out_.end(gone_ && !stop_ ? "headwater-probe went away; what it had captured was delivered" : "");
}

void Drain::readCounters() {
  countersAtNs_ = clockNs(CLOCK_MONOTONIC);
  cpuNs_ = clockNs(CLOCK_THREAD_CPUTIME_ID);
  const uint32_t cpus = probe_.hello().cpus;
  if (cpus == 0 || cpus > 8192) return;
  values_.resize(static_cast<size_t>(cpus) * HW_C_N);
  uint32_t keys[HW_C_N], next = 0, count = HW_C_N;
  // one call for all; at the end of the map it says ENOENT
  const bool all = (bpf_map_lookup_batch(probe_.fd(HW_FD_COUNTERS), nullptr, &next, keys, values_.data(), &count, nullptr) == 0 || errno == ENOENT) && count == HW_C_N;
  for (uint32_t c = 0; c < HW_C_N; c++) {
    uint64_t* values = values_.data() + static_cast<size_t>(c) * cpus;
    if (!all && bpf_map_lookup_elem(probe_.fd(HW_FD_COUNTERS), &c, values) != 0) continue;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < cpus; i++) sum += values[i];
    counters_[all ? keys[c] : c] = sum;
  }
  if (!based_) {  // what was lost before this agent came is not its account
    based_ = true;
    memcpy(told_, counters_, sizeof told_);
    return;
  }
  core_.onKernelLoss(counters_[HW_C_LOST_START_REQUEST] - told_[HW_C_LOST_START_REQUEST], counters_[HW_C_LOST_START_RESPONSE] - told_[HW_C_LOST_START_RESPONSE]);
  for (unsigned why = 1; why < HW_U_N; why++)
    if (unreadName(why) != nullptr && counters_[HW_C_UNREAD + why] > told_[HW_C_UNREAD + why]) core_.onUnread(unreadName(why), counters_[HW_C_UNREAD + why] - told_[HW_C_UNREAD + why]);
  memcpy(told_, counters_, sizeof told_);
}

// Asked once per process. The same process may become another program (exec), so it is asked again after a minute, or
// after a second when its name is another one (or only a thread with a name of its own). A pid with another birth is
// another process: asked at once. The answer replaces what was known.
void Drain::resolve(uint32_t tgid, uint64_t ticks, const char* comm) {
  const uint64_t now = clockNs(CLOCK_MONOTONIC);
  if (asked_.size() > 65536) asked_.clear();
  auto [it, fresh] = asked_.try_emplace(tgid);
  Asked& a = it->second;
  if (ticks > a.ticks) {
    fresh = fresh || a.ticks != 0;
    a.ticks = ticks;
  }
  const bool renamed = memcmp(a.comm, comm, sizeof a.comm) != 0;
  if (!fresh && now - a.ns < (renamed ? kAskRenamedNs : kAskAgainNs)) return;
  a.ns = now;
  memcpy(a.comm, comm, sizeof a.comm);
  if (!probe_.ask(HW_REQ_PROCESS, tgid) || !fresh) return;
  pollfd p{probe_.socket(), POLLIN, 0};
  for (int turn = 0; turn < 2; turn++)  // the process, then perhaps its cgroup
    if (poll(&p, 1, kResolveMs) <= 0 || !readReplies()) return;
}

// A process that was gone before it could be asked, or whose number is another's by now: its socket's cgroup is left.
bool Drain::readReplies() {
  hw_reply r;
  bool more = false;
  for (;;) {
    const int got = probe_.reply(r);
    if (got < 0) gone_ = true;
    if (got <= 0) return more;
    if (r.what == HW_REQ_CGROUP && r.error == 0) core_.attribution.onCgroup(r.id, r.cgroup);
    if (r.what != HW_REQ_PROCESS) continue;
    const auto asked = asked_.find(r.tgid);
    const uint64_t ticks = asked == asked_.end() ? 0 : asked->second.ticks;
    if (r.error == 0) core_.attribution.onResolved(r.tgid, r.comm, r.exe, r.cgroup, r.start_ticks);
    if (r.error != ESRCH && (r.error != 0 || ticks == 0 || r.start_ticks == ticks)) continue;
    const uint64_t id = core_.attribution.onGone(r.tgid, ticks);
    if (id != 0) more |= probe_.ask(HW_REQ_CGROUP, r.tgid, id);
  }
}

std::string Drain::totalsJson() {
  wanted_ = true;
  const std::lock_guard<std::mutex> lock(mutex_);
  wanted_ = false;
  std::string out = "{" + core_.totalsJson() + ",\"kernel\":{";
  bool first = true;
  for (unsigned c = 0; c < HW_C_N; c++) {
    const char* name = counterName(c);
    const char* why = c > HW_C_UNREAD && c < HW_C_UNREAD + unsigned{HW_U_N} ? unreadName(c - HW_C_UNREAD) : nullptr;
    if (name == nullptr && why == nullptr) continue;
    if (!first) out += ',';
    first = false;
    out += "\"" + (name != nullptr ? std::string(name) : std::string("unread_") + why) + "\":" + std::to_string(counters_[c]);
  }
  out += "},\"drain_cpu_ns\":" + std::to_string(cpuNs_) + "}";
  return out;
}

const char* counterName(unsigned c) {
  switch (c) {
    case HW_C_CHUNKS: return "chunks";
    case HW_C_BYTES: return "bytes";
    case HW_C_RECORDS: return "records";
    case HW_C_LOST_RECORDS: return "lost_records";
    case HW_C_LOST_BYTES: return "lost_bytes";
    case HW_C_START_REQUEST: return "start_request";
    case HW_C_START_RESPONSE: return "start_response";
    case HW_C_LOST_START_REQUEST: return "lost_start_request";
    case HW_C_LOST_START_RESPONSE: return "lost_start_response";
    case HW_C_PEEK: return "peek";
    case HW_C_FAULT: return "fault";
    case HW_C_OVER: return "over";
    case HW_C_GAP: return "gap";
    case HW_C_NO_STORAGE: return "no_storage";
    case HW_C_STEPS: return "steps";
    case HW_C_CONNS: return "conns";
    case HW_C_CLOSES: return "closes";
    case HW_C_LOST_CLOSES: return "lost_closes";
    case HW_C_FORGOTTEN: return "forgotten";
    default: return nullptr;
  }
}

}  // namespace hw
