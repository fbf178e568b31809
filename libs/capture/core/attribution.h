// Who a process is, and which service it counts as.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cgroup.h"
#include "options.h"

namespace hw {

struct Process {
  std::string exe, executable, cgroup, service;  // executable: base name, else comm; service: default without rules
  CgroupFacts facts;
  bool resolved = false;
};

class Attribution {
 public:
  // What the kernel's records know; kept until `resolved` replaces it.
  Process& onSight(uint32_t tgid, std::string_view comm);
  void onResolved(uint32_t tgid, std::string_view comm, std::string_view exe, std::string_view cgroup);
  const Process& of(uint32_t tgid) const;
  std::string_view service(const Process& p, uint16_t port, const std::vector<ServiceRule>& rules) const;

  // Changes whenever an answer above may.
  uint64_t version() const { return version_; }

 private:
  uint64_t version_ = 1;
  std::unordered_map<uint32_t, Process> processes_;
  Process nobody_;
};

}  // namespace hw
