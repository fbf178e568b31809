#include "attribution.h"

#include "glob.h"

namespace hw {

namespace {

constexpr size_t kMaxProcesses = 16384;

void nameService(Process& p) {
  const std::string_view unit = p.facts.unit;
  p.service = unit.size() > 8 && unit.substr(unit.size() - 8) == ".service" ? unit.substr(0, unit.size() - 8) : std::string_view(p.executable);
}

}  // namespace

Process& Attribution::onSight(uint32_t tgid, std::string_view comm) {
  if (processes_.size() >= kMaxProcesses) {
    processes_.clear();
    version_++;
  }
  Process& p = processes_[tgid];
  if (!p.resolved && p.executable.empty()) {
    version_++;
    p.executable = comm;
    nameService(p);
  }
  return p;
}

void Attribution::onResolved(uint32_t tgid, std::string_view comm, std::string_view exe, std::string_view cgroup) {
  Process& p = processes_[tgid];
  p.resolved = true;
  version_++;
  constexpr std::string_view kDeleted = " (deleted)";
  if (exe.size() > kDeleted.size() && exe.substr(exe.size() - kDeleted.size()) == kDeleted) exe.remove_suffix(kDeleted.size());
  p.exe = exe;
  p.cgroup = cgroup;
  p.facts = readCgroup(cgroup);
  const std::string_view base = exe.substr(exe.rfind('/') + 1);
  p.executable = base.empty() ? comm : base;
  nameService(p);
}

const Process& Attribution::of(uint32_t tgid) const {
  const auto it = processes_.find(tgid);
  return it == processes_.end() ? nobody_ : it->second;
}

std::string_view Attribution::service(const Process& p, uint16_t port, const std::vector<ServiceRule>& rules) const {
  for (const ServiceRule& r : rules) {
    if (r.port >= 0 && r.port != port) continue;
    if (!r.exe.empty() && !glob(r.exe, p.exe.empty() ? p.executable : p.exe, false)) continue;
    if (!r.cgroup.empty() && !glob(r.cgroup, p.cgroup, false)) continue;
    return r.service;
  }
  return p.service;
}

}  // namespace hw
