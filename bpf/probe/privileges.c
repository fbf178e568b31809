// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* privileges.c: down to four capabilities before anything is loaded, to two when all is loaded. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "probe.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define BIT(cap) (1ULL << (cap))
/* another user's /proc/PID/exe needs ptrace access, its directories a read right */
#define FOR_ATTRIBUTION (BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH))
#define FOR_LOAD (BIT(CAP_BPF) | BIT(CAP_PERFMON))

static const struct { int cap; const char *name; } needed[] = {
	{ CAP_BPF, "CAP_BPF" }, { CAP_PERFMON, "CAP_PERFMON" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE" }, { CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
};

static struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

static uint64_t permitted(void)
{
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void keep(uint64_t caps)
{
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	if (syscall(SYS_capset, &header, data))
		die(EXIT_FAILED, "cannot drop capabilities: %s", strerror(errno));
}

void missing_capabilities(char *names, size_t size)
{
	uint64_t have = permitted();

	*names = 0;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		size_t used = strlen(names);

		if (!(have & BIT(needed[i].cap)))
			snprintf(names + used, size - used, "%s%s", used ? ", " : "", needed[i].name);
	}
}

void drop_privileges(void)
{
	uint64_t wanted = permitted() & (FOR_LOAD | FOR_ATTRIBUTION);

	/* needs CAP_SETPCAP; a service manager that gave only our four has cut the set already */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(wanted & BIT(cap)))
			prctl(PR_CAPBSET_DROP, cap);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die(EXIT_FAILED, "cannot set no_new_privs: %s", strerror(errno));
	keep(wanted);
	prctl(PR_SET_DUMPABLE, 0);
}

void drop_load_privileges(void)
{
	keep(permitted() & FOR_ATTRIBUTION);
	prctl(PR_SET_DUMPABLE, 0);
}
