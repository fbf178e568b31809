// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* hooks.c: which of the two modes this kernel allows, and which one is taken, with the reason. */
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "probe.h"

/* tp_btf hooks exist when the kernel's BTF has the tracepoint's prototype. */
static bool has_hook(const struct btf *btf, const char *name)
{
	char type[64];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0;
}

static void choose(struct host *h, const struct options *o, const char *kernel)
{
	const char *asked = o->hooks == HW_HOOKS_SOCK ? "sock" : "syscall";

	if (!h->sock && !h->syscall) {
		snprintf(h->problem, sizeof(h->problem),
			 "kernel %.64s has neither the sock_send_length (6.3) nor the sys_exit tracepoint in its BTF: Linux 6.1 or newer is needed",
			 kernel);
	} else if (o->hooks == HW_HOOKS_SOCK && !h->sock) {
		snprintf(h->problem, sizeof(h->problem),
			 "--hooks sock: kernel %.64s has no sock_send_length tracepoint (6.3 or newer has), use --hooks auto", kernel);
	} else if (o->hooks == HW_HOOKS_SYSCALL && !h->syscall) {
		snprintf(h->problem, sizeof(h->problem),
			 "--hooks syscall: kernel %.64s has no sys_exit tracepoint in its BTF, use --hooks auto", kernel);
	} else if (o->hooks) {
		h->chosen = o->hooks;
		snprintf(h->why, sizeof(h->why), "--hooks %s was asked for", asked);
	} else if (h->sock) {
		h->chosen = HW_HOOKS_SOCK;
		snprintf(h->why, sizeof(h->why), "auto: this kernel has the socket tracepoints, which cost least");
	} else {
		h->chosen = HW_HOOKS_SYSCALL;
		snprintf(h->why, sizeof(h->why), "auto: this kernel has no socket tracepoints (6.3), so the system calls' are used");
	}
}

void look_at_host(struct host *h, const struct options *o)
{
	const char *path = "/sys/kernel/btf/vmlinux";
	struct utsname kernel;
	struct btf *btf;

	memset(h, 0, sizeof(*h));
	uname(&kernel);
	if (strcmp(kernel.machine, "x86_64")) {
		snprintf(h->problem, sizeof(h->problem), "machine %.64s: only x86_64 is supported now", kernel.machine);
		return;
	}
	if (access(path, R_OK)) {
		snprintf(h->problem, sizeof(h->problem), "%s is missing: a kernel with CONFIG_DEBUG_INFO_BTF is needed", path);
		return;
	}
	btf = btf__load_vmlinux_btf();
	if (!btf) {
		snprintf(h->problem, sizeof(h->problem), "%s cannot be read as BTF", path);
		return;
	}
	h->sock = has_hook(btf, "sock_send_length") && has_hook(btf, "sock_recv_length");
	/* bpf_loop (5.17) tells a kernel that is new enough by itself */
	h->syscall = has_hook(btf, "sys_exit") && has_hook(btf, "tcp_destroy_sock") &&
		     btf__find_by_name_kind(btf, "bpf_loop", BTF_KIND_FUNC) > 0;
	btf__free(btf);
	choose(h, o, kernel.release);
}
