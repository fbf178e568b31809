// The agent's end of the probe's socket: the hello with its descriptors, then questions about processes.
#pragma once
#include <cstdint>
#include <string>

#include "../../../bpf/include/wire.h"

namespace hw {

class ProbeClient {
 public:
  ~ProbeClient();
  // Empty on success, else a sentence for a person.
  std::string connect(const std::string& path);
  int socket() const { return socket_; }
  int fd(hw_fd which) const { return fds_[which]; }
  const hw_hello& hello() const { return hello_; }
  bool ask(hw_req what, uint32_t tgid, uint64_t id = 0);
  // 1: a reply, 0: none yet, -1: the probe is gone.
  int reply(hw_reply& out);

 private:
  int socket_ = -1;
  int fds_[HW_FD_N] = {-1, -1, -1};
  hw_hello hello_{};
};

}  // namespace hw
