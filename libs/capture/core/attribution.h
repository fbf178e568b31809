// Who a process is, and which service it counts as.
//
// A pid is given away again, so a process is a pid and the time it began, in clock ticks since boot (what
// /proc/PID/stat calls starttime; the kernel's record has it in ns). Ticks 0: not known (recordings of wire version 1).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cgroup.h"
#include "options.h"

namespace hw {

// Names that only the kubelet knows.
struct PodNames {
  struct Container {
    std::string id, name;
  };
  std::string uid, name, space;
  std::vector<Container> containers;
};

struct Process {
  std::string exe, executable, cgroup, service;  // executable: base name, else comm; service: default without rules
  CgroupFacts facts;
  uint64_t cgroupId = 0;  // of the socket it was first seen with
  bool resolved = false;
};

class Attribution {
 public:
  static constexpr uint64_t kTickNs = 10000000;  // USER_HZ is 100 on every Linux that we support

  // What the kernel's records know; kept until `onResolved` replaces it. True: nothing is known of this process yet.
  bool onSight(uint32_t tgid, std::string_view comm, uint64_t ticks = 0, uint64_t cgroupId = 0);
  void onResolved(uint32_t tgid, std::string_view comm, std::string_view exe, std::string_view cgroup, uint64_t ticks = 0);
  // The process is gone: what its socket's cgroup says is all that can be known. The id to ask for, or 0.
  uint64_t onGone(uint32_t tgid, uint64_t ticks = 0);
  void onCgroup(uint64_t id, std::string_view path);
  void setPods(const std::vector<PodNames>& pods);

  const Process& of(uint32_t tgid, uint64_t ticks = 0) const;
  bool knows(uint32_t tgid) const { return latest_.contains(tgid); }
  std::string_view service(const Process& p, uint16_t port, const std::vector<ServiceRule>& rules) const;
  struct Names {
    std::string_view pod, space, container, podUid;
  };
  Names names(const Process& p) const;

  // Changes whenever an answer above may.
  uint64_t version() const { return version_; }

 private:
  struct Key {
    uint64_t ticks;
    uint32_t tgid;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& k) const { return std::hash<uint64_t>()(k.ticks * 0x9e3779b97f4a7c15ULL ^ k.tgid); }
  };
  Process& known(uint32_t tgid, uint64_t ticks);
  void place(Process& p, std::string_view cgroup);
  struct Container {
    size_t pod;
    std::string name;
  };

  uint64_t version_ = 1;
  std::unordered_map<Key, Process, Hash> processes_;
  std::unordered_map<uint32_t, uint64_t> latest_;  // pid -> ticks of the youngest process of that number
  std::unordered_map<uint64_t, std::string> cgroups_;
  std::vector<PodNames> pods_;
  std::unordered_map<std::string, size_t> podOfUid_;
  std::unordered_map<std::string, Container> podOfContainer_;
  Process nobody_;
};

}  // namespace hw
