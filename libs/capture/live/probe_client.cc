#include "probe_client.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace hw {

ProbeClient::~ProbeClient() {
  for (const int fd : fds_)
    if (fd >= 0) close(fd);
  if (socket_ >= 0) close(socket_);
}

std::string ProbeClient::connect(const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path) return "the probe's socket path is longer than " + std::to_string(sizeof a.sun_path - 1) + " bytes: " + path;
  memcpy(a.sun_path, path.c_str(), path.size());
  socket_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return std::string("cannot open a socket: ") + strerror(errno);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&a), sizeof a) < 0)
    return "cannot reach headwater-probe at " + path + ": " + strerror(errno) + " (is it running, and may this user open the socket?)";
  pollfd p{socket_, POLLIN, 0};
  if (poll(&p, 1, 5000) <= 0) return "headwater-probe at " + path + " said nothing within 5 s";
  iovec v{&hello_, sizeof hello_};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds_) + 64];
  msghdr m{};
  m.msg_iov = &v;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = sizeof control;
  const ssize_t n = recvmsg(socket_, &m, MSG_CMSG_CLOEXEC);
  if (n <= 0) return "headwater-probe at " + path + " closed the connection (another agent may be attached)";
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      if (i < HW_FD_N && fds_[i] < 0) fds_[i] = fd;
      else close(fd);
    }
  }
  if (static_cast<size_t>(n) < 8 || hello_.magic != HW_HELLO_MAGIC) return "what answers at " + path + " is not headwater-probe";
  if (hello_.version != HW_WIRE_VERSION)
    return "headwater-probe speaks wire version " + std::to_string(hello_.version) + ", this agent " + std::to_string(HW_WIRE_VERSION) + ": install the same release of both";
  if (static_cast<size_t>(n) != sizeof hello_ || fds_[HW_FD_RING] < 0 || fds_[HW_FD_COUNTERS] < 0 || fds_[HW_FD_CONTROL] < 0)
    return "headwater-probe at " + path + " sent an incomplete hello";
  hello_.scope[sizeof hello_.scope - 1] = hello_.kernel[sizeof hello_.kernel - 1] = hello_.why[sizeof hello_.why - 1] = 0;
  return {};
}

bool ProbeClient::ask(hw_req what, uint32_t tgid, uint64_t id) {
  const hw_request r{static_cast<__u32>(what), tgid, id};
  return send(socket_, &r, sizeof r, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof r);
}

int ProbeClient::reply(hw_reply& out) {
  const ssize_t n = recv(socket_, &out, sizeof out, MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(sizeof out)) {
    out.comm[sizeof out.comm - 1] = out.exe[sizeof out.exe - 1] = out.cgroup[sizeof out.cgroup - 1] = 0;
    return 1;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return n == 0 || n < 0 ? -1 : 0;
}

}  // namespace hw
