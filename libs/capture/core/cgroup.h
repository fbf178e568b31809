// What a cgroup path says of the process: container, pod, systemd unit. Pure.
#pragma once
#include <string>
#include <string_view>

namespace hw {

struct CgroupFacts {
  std::string container, pod, unit;
  bool unitInside = true;  // the unit is not around the container, such as its runtime's or its user's
};

// A path below the root of a hierarchy, of v1 (name=systemd), v2 or hybrid hosts; "/../.." of a foreign cgroup
// namespace is passed over. Of nested containers and units the innermost count.
CgroupFacts readCgroup(std::string_view path);

}  // namespace hw
