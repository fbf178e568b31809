// Paths as /proc/PID/cgroup shows them, by who made them; what they say of the process.
#pragma once
#include <string>
#include <vector>

struct CgroupShape {
  const char* made_by;
  std::string path, container, pod, unit;
};

inline std::vector<CgroupShape> cgroupShapes() {
  const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", in = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
  const std::string pod = "12345678-9abc-def0-1234-56789abcdef0", low = "12345678_9abc_def0_1234_56789abcdef0", hash = "0123456789abcdef0123456789abcdef";
  return {
      {"root", "/", "", "", ""},
      {"unknown", "", "", "", ""},
      {"systemd", "/system.slice/nginx.service", "", "", "nginx.service"},
      {"systemd, template", "/system.slice/system-getty.slice/getty@tty1.service", "", "", "getty@tty1.service"},
      {"systemd, delegated", "/system.slice/nginx.service/workers", "", "", "nginx.service"},
      {"systemd, session", "/user.slice/user-1000.slice/session-3.scope", "", "", "session-3.scope"},
      {"systemd, user's service", "/user.slice/user-1000.slice/user@1000.service/app.slice/notes.service", "", "", "notes.service"},
      {"systemd, cgroup namespace", "/../../system.slice/nginx.service", "", "", "nginx.service"},
      {"systemd-nspawn", "/machine.slice/systemd-nspawn@web.service/payload/system.slice/shop.service", "", "", "shop.service"},
      {"libvirt", "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", "", "", "machine-qemu\\x2d1\\x2dvm.scope"},
      {"docker, systemd driver", "/system.slice/docker-" + id + ".scope", id, "", ""},
      {"docker, cgroupfs driver, v1 and v2", "/docker/" + id, id, "", ""},
      {"docker, --cgroup-parent", "/shop.slice/docker-" + id + ".scope", id, "", ""},
      {"docker, rootless", "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope", id, "", "user@1000.service"},
      {"docker in docker", "/docker/" + id + "/docker/" + in, in, "", ""},
      {"docker, systemd inside", "/system.slice/docker-" + id + ".scope/system.slice/shop.service", id, "", "shop.service"},
      {"docker, own cgroup namespace", "/../" + id, id, "", ""},
      {"buildkit", "/system.slice/docker.service/buildkit/x1y2z3", "", "", "docker.service"},
      {"containerd, ctr", "/system.slice/containerd.service/default/" + id, id, "", "containerd.service"},
      {"nerdctl", "/system.slice/nerdctl-" + id + ".scope", id, "", ""},
      {"podman", "/machine.slice/libpod-" + id + ".scope/container", id, "", ""},
      {"podman's monitor is not the container", "/machine.slice/libpod-conmon-" + id + ".scope", "", "", "libpod-conmon-" + id + ".scope"},
      {"podman, pod", "/machine.slice/machine-libpod_pod_" + in + ".slice/libpod-" + id + ".scope/container", id, "", ""},
      {"podman, rootless", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope/container", id, "", "user@1000.service"},
      {"podman, Quadlet", "/system.slice/web.service/libpod-payload-" + id, id, "", "web.service"},
      {"podman, cgroupfs manager", "/libpod_parent/libpod-" + id, id, "", ""},
      {"kubelet, containerd, burstable", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + low + ".slice/cri-containerd-" + id + ".scope", id, pod, ""},
      {"kubelet, CRI-O, guaranteed: no class", "/kubepods.slice/kubepods-pod" + low + ".slice/crio-" + id + ".scope", id, pod, ""},
      {"kubelet, CRI-O, v2 with a child", "/kubepods.slice/kubepods-pod" + low + ".slice/crio-" + id + ".scope/container", id, pod, ""},
      {"CRI-O's monitor", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + low + ".slice/crio-conmon-" + id + ".scope", "", pod, "crio-conmon-" + id + ".scope"},
      {"kubelet, cgroupfs driver, v1", "/kubepods/burstable/pod" + pod + "/" + id, id, pod, ""},
      {"kubelet, cgroupfs driver, guaranteed", "/kubepods/pod" + pod + "/" + id, id, pod, ""},
      {"kubelet, docker", "/kubepods.slice/kubepods-pod" + low + ".slice/docker-" + id + ".scope", id, pod, ""},
      {"kubelet, static pod", "/kubepods/pod" + hash + "/" + id, id, hash, ""},
      {"containerd of which systemd does not know the slice", "/system.slice/containerd.service/kubepods-burstable-pod" + low + ".slice:cri-containerd:" + id, id, pod, "containerd.service"},
      {"the same at the root", "/kubepods-besteffort-pod" + low + ".slice:cri-containerd:" + id, id, pod, ""},
      {"kind: a kubelet in a container", "/docker/" + in + "/kubelet/kubepods/burstable/pod" + pod + "/" + id, id, pod, ""},
      {"kind, systemd driver", "/system.slice/docker-" + in + ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + low + ".slice/cri-containerd-" + id + ".scope", id, pod, ""},
      {"pod, seen from another pod's namespace", "/../../kubepods-burstable-pod" + low + ".slice/cri-containerd-" + id + ".scope", id, pod, ""},
      {"ECS", "/ecs/" + hash + "/" + id, id, "", ""},
      {"ECS, named cluster", "/ecs/shop/" + pod + "/" + id, id, "", ""},
      {"ECS, systemd driver", "/ecstasks.slice/ecstasks-" + hash + ".slice/docker-" + id + ".scope", id, "", ""},
      {"ECS on Fargate", "/ecs/" + hash + "/" + hash + "-1234567890", hash + "-1234567890", "", ""},
      {"LXC, v1", "/lxc/web1", "web1", "", ""},
      {"LXC, v2", "/lxc.payload.web1/system.slice/shop.service", "web1", "", "shop.service"},
      {"LXC's monitor", "/lxc.monitor.web1", "", "", ""},
      {"63 digits are no id", "/docker/" + id.substr(1), "", "", ""},
      {"nor are others than hex", "/docker/" + id.substr(1) + "G", "", "", ""},
      {"a pod's uid that is none", "/kubepods/podium/" + id, id, "", ""},
      {"slashes only", "////", "", "", ""},
  };
}
