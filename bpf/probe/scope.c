// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* scope.c: reads one --scope value into what the kernel compares: numbers, inodes, cgroup ids. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "probe.h"

static unsigned long in_range(const char *text, const char *value, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || !n || n > max)
		die(EXIT_USAGE, "--scope %s: give a number from 1 to %lu", text, max);
	return n;
}

static void room(const char *text, int used)
{
	if (used == MAX_NAMED)
		die(EXIT_USAGE, "--scope %s: at most %d of a kind are possible, use a wider scope", text, MAX_NAMED);
}

static void add_cgroup(struct options *o, const char *text, const char *path)
{
	struct statfs fs;
	struct stat st;

	if (*path != '/' || stat(path, &st) || !S_ISDIR(st.st_mode) || statfs(path, &fs))
		die(EXIT_USAGE, "--scope %s: no such directory, give the full path, such as /sys/fs/cgroup/system.slice", text);
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		die(EXIT_USAGE, "--scope %s: not in a cgroup v2 hierarchy, give a path under its mount point", text);
	room(text, o->n_cgroups);
	o->cgroups[o->n_cgroups++] = st.st_ino;	/* on cgroup v2 the inode number is the cgroup's id */
	o->scope |= SCOPE_CGROUP;
}

static void add_netns(struct options *o, const char *text, const char *path)
{
	const char *real = strcmp(path, "self") ? path : "/proc/self/ns/net";
	struct statfs fs;
	struct stat st;
	/* the descriptor stays open on purpose: it pins the namespace, so its number cannot be reused */
	int fd = open(real, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC)
		die(EXIT_USAGE, "--scope %s: not a network namespace, give \"self\" or a path such as /proc/PID/ns/net", text);
	room(text, o->n_netns);
	o->netns[o->n_netns++] = st.st_ino;
	o->scope |= SCOPE_NETNS;
}

static void add_exe(struct options *o, const char *text, const char *path)
{
	struct stat st;

	if (*path != '/' || stat(path, &st) || !S_ISREG(st.st_mode))
		die(EXIT_USAGE, "--scope %s: no such file, give the full path of the executable", text);
	room(text, o->n_exes);
	/* the kernel's own form of a device number: 12 bits major, 20 bits minor */
	o->exes[o->n_exes++] = (struct exe_key){ .ino = st.st_ino, .dev = major(st.st_dev) << 20 | minor(st.st_dev) };
	o->scope |= SCOPE_TGID;
}

static void add_pid(struct options *o, const char *text, const char *value)
{
	char path[32];

	room(text, o->n_pids);
	o->pids[o->n_pids] = in_range(text, value, 4194304);
	snprintf(path, sizeof(path), "/proc/%u/stat", o->pids[o->n_pids++]);
	if (access(path, F_OK))
		die(EXIT_USAGE, "--scope %s: no such process, give the pid of one that runs", text);
	o->scope |= SCOPE_TGID;
}

void add_scope(struct options *o, const char *text)
{
	size_t used = strlen(o->scope_text);
	const char *value = strchr(text, '=');
	size_t name = value ? (size_t)(value - text) : strlen(text);
	unsigned long n;

	if (used + strlen(text) + 2 > sizeof(o->scope_text))
		die(EXIT_USAGE, "--scope %s: all scopes together have at most %zu bytes", text, sizeof(o->scope_text) - 1);
	if (value)
		value++;
#define IS(kind) (name == sizeof(kind) - 1 && !memcmp(text, kind, name))
	if (!value && IS("all")) {
		o->scope |= SCOPE_ALL;
	} else if (!value) {
		die(EXIT_USAGE, "--scope %s: write KIND=VALUE, for example port=8080", text);
	} else if (IS("port")) {
		n = in_range(text, value, 65535);
		o->ports[n >> 3] |= 1 << (n & 7);
		o->scope |= SCOPE_PORT;
	} else if (IS("peer-port")) {
		n = in_range(text, value, 65535);
		o->peer_ports[n >> 3] |= 1 << (n & 7);
		o->scope |= SCOPE_PEER_PORT;
	} else if (IS("pid")) {
		add_pid(o, text, value);
	} else if (IS("exe")) {
		add_exe(o, text, value);
	} else if (IS("cgroup")) {
		add_cgroup(o, text, value);
	} else if (IS("netns")) {
		add_netns(o, text, value);
	} else {
		die(EXIT_USAGE, "--scope %s: unknown kind, use port, peer-port, pid, exe, cgroup, netns or all", text);
	}
	snprintf(o->scope_text + used, sizeof(o->scope_text) - used, "%s%s", used ? " " : "", text);
}
