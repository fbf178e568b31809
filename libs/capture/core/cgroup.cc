#include "cgroup.h"

#include <algorithm>

namespace hw {

namespace {

bool isHex(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool endsWith(std::string_view s, std::string_view tail) { return s.size() >= tail.size() && s.substr(s.size() - tail.size()) == tail; }
bool startsWith(std::string_view s, std::string_view head) { return s.substr(0, head.size()) == head; }

// docker-<64 hex>.scope, cri-containerd-<64 hex>.scope, crio-<64 hex>.scope, libpod-<64 hex>.scope,
// .../docker/<64 hex>, .../<namespace>/<64 hex> (containerd, cgroupfs driver), k8s.io:cri-containerd:<64 hex>.
std::string_view containerOf(std::string_view part) {
  if (endsWith(part, ".scope")) part.remove_suffix(6);
  const size_t colon = part.rfind(':');
  if (colon != std::string_view::npos) part.remove_prefix(colon + 1);
  if (startsWith(part, "libpod-conmon-") || startsWith(part, "crio-conmon-")) return {};
  const size_t dash = part.rfind('-');
  // ECS on Fargate: 32 hex, a dash, digits
  if (dash == 32 && part.size() > 33 && isHex(part.substr(0, 32)) && part.find_first_not_of("0123456789", 33) == std::string_view::npos) return part;
  if (dash != std::string_view::npos) part.remove_prefix(dash + 1);
  return part.size() == 64 && isHex(part) ? part : std::string_view{};
}

// lxc.payload.<name>, and <name> below lxc or lxc.payload: LXC and its managers know a container by its name.
std::string_view lxcOf(std::string_view part, std::string_view parent) {
  if (startsWith(part, "lxc.payload.")) return part.substr(12);
  return parent == "lxc" || parent == "lxc.payload" ? part : std::string_view{};
}

// kubepods-burstable-pod<uid with _>.slice, kubelet-kubepods-pod<uid>.slice, or pod<uid> of the cgroupfs driver.
std::string podOf(std::string_view part) {
  part = part.substr(0, part.find(':'));
  if (endsWith(part, ".slice")) part.remove_suffix(6);
  const size_t at = startsWith(part, "pod") ? 0 : part.find("kubepods") != std::string_view::npos ? part.rfind("-pod") : std::string_view::npos;
  if (at == std::string_view::npos) return {};
  std::string uid(part.substr(at == 0 ? 3 : at + 4));
  std::replace(uid.begin(), uid.end(), '_', '-');
  if (uid.size() == 36 && uid[8] == '-') return uid;
  return uid.size() == 32 && isHex(uid) ? uid : std::string{};  // static pods carry a config hash
}

}  // namespace

CgroupFacts readCgroup(std::string_view path) {
  CgroupFacts facts;
  std::string_view parent;
  for (size_t i = 0; i < path.size();) {
    while (i < path.size() && path[i] == '/') i++;
    size_t end = path.find('/', i);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view part = path.substr(i, end - i);
    i = end;
    if (part.empty()) continue;
    if (std::string pod = podOf(part); !pod.empty()) facts.pod = std::move(pod);
    std::string_view id = containerOf(part);
    if (id.empty()) id = lxcOf(part, parent);
    if (!id.empty()) {
      facts.container = id;
      facts.unitInside = false;
    }
    if (endsWith(part, ".service") || (endsWith(part, ".scope") && id.empty())) {
      facts.unit = part;
      facts.unitInside = true;
    }
    parent = part;
  }
  return facts;
}

}  // namespace hw
