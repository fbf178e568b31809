// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* process.c: who is a process id, and what a cgroup id is called. Read from /proc once per question; the agent caches. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "probe.h"

static ssize_t read_proc(uint32_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = 0;
	return n;
}

/* The v2 path ("0::/..."), or that of systemd's own v1 hierarchy where v2 says only "/". */
static void cgroup_path(uint32_t pid, char *out, size_t size)
{
	char text[4096], *save = NULL;

	*out = 0;
	if (read_proc(pid, "cgroup", text, sizeof(text)) <= 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, '/');

		if (!path)
			continue;
		if (!strncmp(line, "0::", 3) && (path[1] || !*out))
			snprintf(out, size, "%s", path);
		else if (strstr(line, ":name=systemd:") && (!*out || !out[1]))
			snprintf(out, size, "%s", path);
	}
}

void describe_process(struct hw_reply *r)
{
	char text[1024], path[64], *field;
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u", r->tgid);
	if (stat(path, &st) || read_proc(r->tgid, "stat", text, sizeof(text)) <= 0) {
		r->error = ESRCH;
		return;
	}
	/* the name is in parentheses and may hold any character: count fields from the last ')' */
	field = strrchr(text, ')');
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	r->start_ticks = field ? strtoull(field, NULL, 10) : 0;
	if (read_proc(r->tgid, "comm", text, sizeof(text)) > 0)
		snprintf(r->comm, sizeof(r->comm), "%.*s", (int)strcspn(text, "\n"), text);
	/* not st.st_uid: the directory of a process that is not dumpable belongs to root */
	if (read_proc(r->tgid, "status", text, sizeof(text)) > 0 && (field = strstr(text, "\nUid:")))
		r->uid = strtoul(field + 5, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%u/exe", r->tgid);
	n = readlink(path, r->exe, sizeof(r->exe) - 1);
	r->exe[n > 0 ? n : 0] = 0;
	cgroup_path(r->tgid, r->cgroup, sizeof(r->cgroup));
}

#define FILEID_KERNFS 0xfe	/* linux/exportfs.h: the handle is the node's 64-bit id */

static char cgroup2_path[256];	/* where cgroup v2 is mounted, cut from every answer */

static int cgroup2_mount(void)
{
	static int fd = -1;
	FILE *mounts;
	struct mntent *m;

	if (fd >= 0)
		return fd;
	mounts = setmntent("/proc/self/mounts", "re");
	while (mounts && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, "cgroup2") || strlen(m->mnt_dir) >= sizeof(cgroup2_path))
			continue;
		strcpy(cgroup2_path, m->mnt_dir);
		fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		break;
	}
	if (mounts)
		endmntent(mounts);
	return fd;
}

/* The path of a cgroup v2 id, by a file handle that holds it (CAP_DAC_READ_SEARCH): no walk of the
 * tree, and it works as long as the cgroup is there, whatever became of the process. */
void describe_cgroup(struct hw_reply *r)
{
	union { struct file_handle handle; char bytes[sizeof(struct file_handle) + sizeof(r->id)]; } h = {};
	size_t cut;
	char link[32], path[600];
	int mount = cgroup2_mount(), fd;
	ssize_t n;

	if (mount < 0) {
		r->error = ENODEV;
		return;
	}
	h.handle.handle_bytes = sizeof(r->id);
	h.handle.handle_type = FILEID_KERNFS;
	memcpy(h.handle.f_handle, &r->id, sizeof(r->id));
	fd = open_by_handle_at(mount, &h.handle, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		r->error = errno == ESTALE ? ENOENT : errno;
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	close(fd);
	path[n > 0 ? n : 0] = 0;
	cut = strlen(cgroup2_path);
	if (n <= 0 || strncmp(path, cgroup2_path, cut) || (path[cut] && path[cut] != '/')) {
		r->error = ENOENT;
		return;
	}
	if (!strcmp(path + strlen(path) - (strlen(path) > 10 ? 10 : 0), " (deleted)")) {
		r->error = ENOENT;
		return;
	}
	snprintf(r->cgroup, sizeof(r->cgroup), "%s", path[cut] ? path + cut : "/");
}
