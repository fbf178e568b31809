// The thread that reads the ring. It never waits for JavaScript.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "../core/core.h"
#include "probe_client.h"

struct ring_buffer;

namespace hw {

class Drain {
 public:
  // `send` as in Core; `last` hands over a batch at the end and may wait; `end` is called once, with a sentence when
  // the probe went away. All three on the drain thread.
  struct Out {
    Core::Send send;
    std::function<void(BatchPtr&)> last;
    std::function<void(const std::string& error)> end;
  };
  Drain(Options o, Out out);
  ~Drain();
  std::string open(const std::string& socketPath);
  void start();
  void stop();   // asks; `end` tells when it is done
  void join();
  void pause(uint32_t ms);
  // All three take effect on the drain thread, within one pass of it; the caller never waits for it.
  void reconfigure(Rules rules);
  void throttle(uint32_t oneIn);
  void setPods(std::vector<PodNames> pods);
  std::string totalsJson();
  const hw_hello& hello() const { return probe_.hello(); }

 private:
  static int onRecord(void* self, void* data, size_t size);
  void run();
  bool pass();  // reads the ring once; true when it was emptied
  void readCounters();
  bool readReplies();  // true when it asked something more
  void resolve(uint32_t tgid, uint64_t ticks, const char* comm);
  void setClock();
  void takeOrders();

  Out out_;
  ProbeClient probe_;
  Core core_;
  ring_buffer* ring_ = nullptr;
  std::thread thread_;
  std::mutex mutex_;  // the core, between the drain thread and totals()
  std::mutex ordersMutex_;
  std::optional<Rules> newRules_;
  std::optional<std::vector<PodNames>> newPods_;
  uint32_t newThrottle_ = 0;          // 0: none
  std::atomic<bool> ordered_{false};  // there is one of them
  std::atomic<bool> stop_{false}, wanted_{false};
  std::atomic<uint64_t> pausedUntilNs_{0};
  int wake_ = -1;
  bool gone_ = false, based_ = false;
  uint32_t budget_ = 0, taken_ = 0;
  uint64_t countersAtNs_ = 0, drainedAtNs_ = 0, cpuNs_ = 0;
  uint64_t counters_[HW_C_N] = {}, told_[HW_C_N] = {};
  std::vector<uint64_t> values_;  // by counter and CPU
  struct Asked {
    uint64_t ns = 0, ticks = 0;
    char comm[16] = {};
  };
  std::unordered_map<uint32_t, Asked> asked_;  // by tgid
};

const char* counterName(unsigned c);

}  // namespace hw
