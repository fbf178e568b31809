#include "attribution.h"

#include "glob.h"

namespace hw {

namespace {

constexpr size_t kMaxProcesses = 16384, kMaxCgroups = 8192;

// The unit around a container is its runtime's (containerd.service) or its user's (user@1000.service), but for podman's
// Quadlet, whose unit is the container's own and holds it as libpod-payload-<id>.
void nameService(Process& p) {
  const std::string_view unit = p.facts.unit;
  const bool own = p.facts.unitInside || p.cgroup.find("/libpod-payload-") != std::string::npos;
  p.service = own && unit.size() > 8 && unit.substr(unit.size() - 8) == ".service" ? unit.substr(0, unit.size() - 8) : std::string_view(p.executable);
}

}  // namespace

Process& Attribution::known(uint32_t tgid, uint64_t ticks) {
  if (processes_.size() >= kMaxProcesses) {
    processes_.clear();
    latest_.clear();
    version_++;
  }
  uint64_t& latest = latest_[tgid];
  if (ticks == 0) ticks = latest;
  if (ticks > latest) {
    // what was seen without its time of birth is this very process, as far as anybody can tell
    if (auto node = processes_.extract(Key{0, tgid}); latest == 0 && node) {
      node.key() = Key{ticks, tgid};
      processes_.insert(std::move(node));
    }
    latest = ticks;
    version_++;
  }
  return processes_[Key{ticks, tgid}];
}

void Attribution::place(Process& p, std::string_view cgroup) {
  p.cgroup = cgroup;
  p.facts = readCgroup(cgroup);
  nameService(p);
  version_++;
}

bool Attribution::onSight(uint32_t tgid, std::string_view comm, uint64_t ticks, uint64_t cgroupId) {
  Process& p = known(tgid, ticks);
  if (p.resolved) return false;
  const bool fresh = p.executable.empty();
  if (p.cgroupId == 0) p.cgroupId = cgroupId;
  if (fresh) {
    p.executable = comm;
    nameService(p);
    version_++;
  }
  return fresh;
}

void Attribution::onResolved(uint32_t tgid, std::string_view comm, std::string_view exe, std::string_view cgroup, uint64_t ticks) {
  Process& p = known(tgid, ticks);
  p.resolved = true;
  constexpr std::string_view kDeleted = " (deleted)";
  if (exe.size() > kDeleted.size() && exe.substr(exe.size() - kDeleted.size()) == kDeleted) exe.remove_suffix(kDeleted.size());
  p.exe = exe;
  const std::string_view base = exe.substr(exe.rfind('/') + 1);
  p.executable = base.empty() ? comm : base;
  place(p, cgroup);
}

uint64_t Attribution::onGone(uint32_t tgid, uint64_t ticks) {
  const auto latest = latest_.find(tgid);
  if (latest == latest_.end()) return 0;
  const auto it = processes_.find(Key{ticks == 0 ? latest->second : ticks, tgid});
  if (it == processes_.end() || it->second.resolved || it->second.cgroupId == 0 || !it->second.cgroup.empty()) return 0;
  const auto path = cgroups_.find(it->second.cgroupId);
  if (path == cgroups_.end()) return it->second.cgroupId;
  place(it->second, path->second);
  return 0;
}

// A pass over all: an id is asked once, for processes that came and went.
void Attribution::onCgroup(uint64_t id, std::string_view path) {
  if (path.empty() || id == 0) return;
  if (cgroups_.size() >= kMaxCgroups) cgroups_.clear();
  cgroups_[id] = path;
  for (auto& [key, p] : processes_)
    if (!p.resolved && p.cgroupId == id && p.cgroup.empty()) place(p, path);
}

void Attribution::setPods(const std::vector<PodNames>& pods) {
  pods_ = pods;
  podOfUid_.clear();
  podOfContainer_.clear();
  version_++;
  for (size_t i = 0; i < pods_.size(); i++) {
    podOfUid_[pods_[i].uid] = i;
    for (const PodNames::Container& c : pods_[i].containers) {
      const size_t scheme = c.id.find("://");  // the kubelet says containerd://<id>
      podOfContainer_[scheme == std::string::npos ? c.id : c.id.substr(scheme + 3)] = {i, c.name};
    }
  }
}

// A static pod's cgroup carries the hash of its manifest, not the uid the kubelet tells: the container's id decides first.
Attribution::Names Attribution::names(const Process& p) const {
  Names n{{}, {}, {}, p.facts.pod};
  size_t pod = pods_.size();
  if (!p.facts.container.empty())
    if (const auto c = podOfContainer_.find(p.facts.container); c != podOfContainer_.end()) {
      pod = c->second.pod;
      n.container = c->second.name;
    }
  if (pod == pods_.size() && !p.facts.pod.empty())
    if (const auto u = podOfUid_.find(p.facts.pod); u != podOfUid_.end()) pod = u->second;
  if (pod == pods_.size()) return n;
  n.pod = pods_[pod].name;
  n.space = pods_[pod].space;
  if (n.podUid.empty()) n.podUid = pods_[pod].uid;
  return n;
}

const Process& Attribution::of(uint32_t tgid, uint64_t ticks) const {
  if (ticks == 0) {
    const auto latest = latest_.find(tgid);
    if (latest == latest_.end()) return nobody_;
    ticks = latest->second;
  }
  const auto it = processes_.find(Key{ticks, tgid});
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
