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
  if (dash != std::string_view::npos) part.remove_prefix(dash + 1);
  return part.size() == 64 && isHex(part) ? part : std::string_view{};
}

// kubepods-burstable-pod<uid with _>.slice, or pod<uid> of the cgroupfs driver.
std::string podOf(std::string_view part) {
  if (endsWith(part, ".slice")) part.remove_suffix(6);
  const size_t at = startsWith(part, "pod") ? 0 : startsWith(part, "kubepods") ? part.rfind("-pod") : std::string_view::npos;
  if (at == std::string_view::npos) return {};
  std::string uid(part.substr(at == 0 ? 3 : at + 4));
  std::replace(uid.begin(), uid.end(), '_', '-');
  if (uid.size() == 36 && uid[8] == '-') return uid;
  return uid.size() == 32 && isHex(uid) ? uid : std::string{};  // static pods carry a config hash
}

}  // namespace

CgroupFacts readCgroup(std::string_view path) {
  CgroupFacts facts;
  for (size_t i = 0; i < path.size();) {
    while (i < path.size() && path[i] == '/') i++;
    size_t end = path.find('/', i);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view part = path.substr(i, end - i);
    i = end;
    if (part.empty()) continue;
    if (std::string pod = podOf(part); !pod.empty()) facts.pod = std::move(pod);
    if (const std::string_view id = containerOf(part); !id.empty()) facts.container = id;
    if (endsWith(part, ".service") || (endsWith(part, ".scope") && containerOf(part).empty())) facts.unit = part;
  }
  return facts;
}

}  // namespace hw
