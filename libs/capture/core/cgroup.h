// What a cgroup path says of the process: container, pod, systemd unit. Pure.
#pragma once
#include <string>
#include <string_view>

namespace hw {

struct CgroupFacts {
  std::string container, pod, unit;
};

CgroupFacts readCgroup(std::string_view path);

}  // namespace hw
