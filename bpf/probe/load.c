// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* load.c: configures, loads and attaches the kernel programs. Nothing is pinned: they live as long
 * as this process. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include "probe.h"
#include "probe.skel.h"
#include "syscall.skel.h"

static struct bpf_object *object;
static struct bpf_link *links[MAX_PROGRAMS];
static int n_links;
static char last_words[256];	/* libbpf's first complaint, for the one line that is printed */

static int remember(enum libbpf_print_level level, const char *format, va_list args)
{
	if (getenv("HEADWATER_PROBE_VERBOSE"))
		return vfprintf(stderr, format, args);
	if (level == LIBBPF_WARN && !*last_words)
		vsnprintf(last_words, sizeof(last_words), format, args);
	return 0;
}

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static int set(int map, const void *key, uint32_t value)
{
	return bpf_map_update_elem(map, key, &value, BPF_ANY);
}

/* What a variable of the programs begins with, found by name in the object's BTF, and where it is in its map. */
static void *variable(const char *section_name, const char *name, size_t size, size_t *offset)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, section_name);
	int section = btf__find_by_name_kind(btf, section_name, BTF_KIND_DATASEC);
	const struct btf_type *type = section > 0 ? btf__type_by_id(btf, section) : NULL;
	const struct btf_var_secinfo *var = type ? btf_var_secinfos(type) : NULL;
	size_t bytes = 0;
	char *data = map ? (char *)bpf_map__initial_value(map, &bytes) : NULL;

	for (int i = 0; data && type && i < btf_vlen(type); i++, var++) {
		if (strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, var->type)->name_off), name))
			continue;
		*offset = var->offset;
		return var->size == size && var->offset + size <= bytes ? data + var->offset : NULL;
	}
	return NULL;
}

/* Before load: writes one of the programs' constants. */
static int configure(const char *name, const void *value, size_t size)
{
	size_t offset;
	void *constant = variable(".rodata", name, size, &offset);

	if (!constant)
		return -ENOENT;
	memcpy(constant, value, size);
	return 0;
}

/* After load: hw_agent, shared with the programs (libbpf 1.1 maps variables for skeletons only). */
static volatile uint8_t *shared_agent(void)
{
	size_t offset = 0;
	void *page;

	if (!variable(".data", "hw_agent", 1, &offset))
		return NULL;
	page = mmap(NULL, offset + 1, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd(".data"), 0);
	return page == MAP_FAILED ? NULL : (uint8_t *)page + offset;
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
		err |= set(map_fd("hw_tgids"), &o->pids[i], TGID_NAMED);
	for (int i = 0; i < o->n_cgroups; i++)
		err |= set(map_fd("hw_cgroup_roots"), &o->cgroups[i], 1);
	for (int i = 0; i < o->n_netns; i++)
		err |= set(map_fd("hw_netns"), &o->netns[i], 1);
	for (int i = 0; i < o->n_exes; i++)
		err |= set(map_fd("hw_exes"), &o->exes[i], 1);
	for (int i = 0; i < o->n_excluded; i++)
		err |= set(map_fd("hw_exclude"), &o->excluded[i], 1);
	return err;
}

/* Opens the object of one mode: the other one's programs are never shown to this kernel. */
static int open_object(enum hw_hooks hooks)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "headwater");
	const void *bytes;
	size_t size;

	bytes = hooks == HW_HOOKS_SYSCALL ? syscall_bpf__elf_bytes(&size) : probe_bpf__elf_bytes(&size);
	object = bpf_object__open_mem(bytes, size, &opts);
	return object ? 0 : -errno;
}

static int configure_all(const struct options *o, enum hw_hooks hooks)
{
	struct timespec t;
	uint64_t first_id;
	int err = 0;

	err |= configure("cfg_scope", &o->scope, sizeof(o->scope));
	err |= configure("cfg_head_budget", &o->head_budget, sizeof(o->head_budget));
	err |= configure("cfg_ports", o->ports, sizeof(o->ports));
	err |= configure("cfg_peer_ports", o->peer_ports, sizeof(o->peer_ports));
	if (hooks == HW_HOOKS_SYSCALL) {
		clock_gettime(CLOCK_REALTIME, &t);
		first_id = ((uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000) << 12;
		err |= configure("cfg_first_id", &first_id, sizeof(first_id));
	}
	return err;
}

static void autoload(const char *name, bool on)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (program)
		bpf_program__set_autoload(program, on);
}

static int attach_all(struct capture *c)
{
	struct bpf_program *program;

	c->n_programs = 0;
	bpf_object__for_each_program(program, object) {
		if (!bpf_program__autoload(program) || n_links == MAX_PROGRAMS)
			continue;
		links[n_links] = bpf_program__attach(program);
		if (!links[n_links])
			return -errno;
		n_links++;
		c->program_fds[c->n_programs++] = bpf_program__fd(program);
	}
	return 0;
}

int load_capture(struct capture *c, const struct options *o, enum hw_hooks hooks, char *why, size_t size)
{
	int err;

	*last_words = 0;
	libbpf_set_print(remember);
	if (open_object(hooks) || configure_all(o, hooks)) {
		err = -EINVAL;
		snprintf(why, size, "cannot read the kernel programs: %.200s", last_words);
		goto failed;
	}
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "hw_ring"), o->ring_bytes);
	autoload("hw_exec", o->n_exes > 0);
	autoload("hw_fork", o->n_exes > 0);
	autoload("hw_exit", o->scope & SCOPE_TGID);
	err = bpf_object__load(object);
	if (err) {
		snprintf(why, size, "the kernel refused the programs: %s (%.200s)", strerror(-err), last_words);
		goto failed;
	}
	if (fill_scope(o)) {
		err = -errno;
		snprintf(why, size, "cannot write the scope: %s", strerror(errno));
		goto failed;
	}
	err = attach_all(c);
	if (err) {
		snprintf(why, size, "cannot attach the programs: %s (%.200s)", strerror(-err), last_words);
		goto failed;
	}
	if (o->n_exes)	/* after the attach: nothing that starts meanwhile is missed */
		find_running(o, map_fd("hw_tgids"));
	c->hooks = hooks;
	c->ring_fd = map_fd("hw_ring");
	c->counters_fd = map_fd("hw_counters");
	c->control_fd = map_fd("hw_control");
	c->exclude_fd = map_fd("hw_exclude");
	c->agent = shared_agent();
	if (c->agent)
		return 0;
	err = -errno;
	snprintf(why, size, "cannot share hw_agent with the programs: %s", strerror(errno));
failed:
	for (char *p = why; *p; p++)
		if (*p == '\n')
			*p = ' ';
	unload_capture();
	return err;
}

void unload_capture(void)
{
	while (n_links)
		bpf_link__destroy(links[--n_links]);
	bpf_object__close(object);
	object = NULL;
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
