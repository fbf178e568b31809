// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* load.c: configures, loads and attaches the kernel programs. Nothing is pinned: they live as long
 * as this process. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "probe.h"
#include "probe.skel.h"

static struct probe_bpf *skeleton;
static char last_words[256];	/* libbpf's first complaint, for the one line that is printed */

static int remember(enum libbpf_print_level level, const char *format, va_list args)
{
	if (getenv("HEADWATER_PROBE_VERBOSE"))
		return vfprintf(stderr, format, args);
	if (level == LIBBPF_WARN && !*last_words)
		vsnprintf(last_words, sizeof(last_words), format, args);
	return 0;
}

static int set(int map, const void *key, uint32_t value)
{
	return bpf_map_update_elem(map, key, &value, BPF_ANY);
}

/* Processes that run one of the executables already. */
static void find_running(const struct options *o, int tgids)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300];
	struct stat st;

	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		uint32_t pid = atoi(entry->d_name);

		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		if (!pid || stat(path, &st))
			continue;
		for (int i = 0; i < o->n_exes; i++)
			if (st.st_ino == o->exes[i].ino &&
			    (major(st.st_dev) << 20 | minor(st.st_dev)) == o->exes[i].dev)
				set(tgids, &pid, TGID_EXE);
	}
	closedir(proc);
}

static int fill_scope(const struct options *o)
{
	int err = 0;

	for (int i = 0; i < o->n_pids; i++)
		err |= set(bpf_map__fd(skeleton->maps.hw_tgids), &o->pids[i], TGID_NAMED);
	for (int i = 0; i < o->n_cgroups; i++)
		err |= set(bpf_map__fd(skeleton->maps.hw_cgroup_roots), &o->cgroups[i], 1);
	for (int i = 0; i < o->n_netns; i++)
		err |= set(bpf_map__fd(skeleton->maps.hw_netns), &o->netns[i], 1);
	for (int i = 0; i < o->n_exes; i++)
		err |= set(bpf_map__fd(skeleton->maps.hw_exes), &o->exes[i], 1);
	for (int i = 0; i < o->n_excluded; i++)
		err |= set(bpf_map__fd(skeleton->maps.hw_exclude), &o->excluded[i], 1);
	return err;
}

int load_capture(struct capture *c, const struct options *o, char *why, size_t size)
{
	struct bpf_program *program;
	int err;

	*last_words = 0;
	libbpf_set_print(remember);
	skeleton = probe_bpf__open();
	if (!skeleton) {
		snprintf(why, size, "cannot read the kernel programs: %s", strerror(errno));
		return -errno;
	}
	skeleton->rodata->cfg_scope = o->scope;
	skeleton->rodata->cfg_head_budget = o->head_budget;
	memcpy((void *)skeleton->rodata->cfg_ports, o->ports, sizeof(o->ports));
	memcpy((void *)skeleton->rodata->cfg_peer_ports, o->peer_ports, sizeof(o->peer_ports));
	bpf_map__set_max_entries(skeleton->maps.hw_ring, o->ring_bytes);
	bpf_program__set_autoload(skeleton->progs.hw_exec, o->n_exes > 0);
	bpf_program__set_autoload(skeleton->progs.hw_fork, o->n_exes > 0);
	bpf_program__set_autoload(skeleton->progs.hw_exit, o->scope & SCOPE_TGID);
	err = probe_bpf__load(skeleton);
	if (err) {
		snprintf(why, size, "the kernel refused the programs: %s (%.200s)", strerror(-err), last_words);
		goto failed;
	}
	if (fill_scope(o)) {
		err = -errno;
		snprintf(why, size, "cannot write the scope: %s", strerror(errno));
		goto failed;
	}
	err = probe_bpf__attach(skeleton);
	if (err) {
		snprintf(why, size, "cannot attach the programs: %s (%.200s)", strerror(-err), last_words);
		goto failed;
	}
	if (o->n_exes)	/* after the attach: nothing that starts meanwhile is missed */
		find_running(o, bpf_map__fd(skeleton->maps.hw_tgids));
	c->ring_fd = bpf_map__fd(skeleton->maps.hw_ring);
	c->counters_fd = bpf_map__fd(skeleton->maps.hw_counters);
	c->control_fd = bpf_map__fd(skeleton->maps.hw_control);
	c->exclude_fd = bpf_map__fd(skeleton->maps.hw_exclude);
	c->n_programs = 0;
	bpf_object__for_each_program(program, skeleton->obj)
		if (bpf_program__autoload(program) && c->n_programs < 8)
			c->program_fds[c->n_programs++] = bpf_program__fd(program);
	return 0;
failed:
	for (char *p = why; *p; p++)
		if (*p == '\n')
			*p = ' ';
	unload_capture();
	return err;
}

void unload_capture(void)
{
	probe_bpf__destroy(skeleton);
	skeleton = NULL;
}

uint64_t recursion_misses(const struct capture *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < c->n_programs; i++) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(c->program_fds[i], &info, &size))
			sum += info.recursion_misses;
	}
	return sum;
}
