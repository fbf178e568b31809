// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ring-reader: the tests' stand-in for the agent. Connects to headwater-probe, maps the ring
 * without any privilege and prints each record as one JSON line; or records it:
 * [u32 little-endian length][record bytes] ...
 *
 *   ring-reader SOCKET [--record FILE] [--quiet] [--poll-ms N]
 * Commands on stdin, one a line: "process PID", "cgroup ID", "stats", "counters", "pause N" (stop
 * reading for N ms),
 * "wake BYTES", "paused 0|1", "drain" (answers when the ring was empty), "quit". End of input: quit.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>
#include "wire.h"

static FILE *record_file;
static int quiet;
static unsigned long records, starts[2], bytes, lost_before, by_type[8];

static void text(const char *s, size_t n)
{
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 32 || c > 126)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void flags(unsigned f)
{
	static const char *names[] = { "START", "HEAD_END", "MORE", "UNREAD", "FAULT", "GAP", "MID", "OVER",
				       "TAIL", "LOST_BEFORE", "STEPS", "RESPONSE" };

	putchar('[');
	for (unsigned i = 0, n = 0; i < sizeof(names) / sizeof(*names); i++)
		if (f & 1 << i)
			printf("%s\"%s\"", n++ ? "," : "", names[i]);
	putchar(']');
}

static void print_chunk(const struct hw_chunk *c)
{
	static const char *why[] = { "", "KTHREAD", "NOT_SYSCALL", "COMPAT", "SENDFILE", "SPLICE", "URING", "MMSG",
				     "TRUNC", "FAULT", "OTHER" };

	printf("{\"type\":\"%s\",\"dir\":\"%s\",\"sock\":%llu,\"ts_ns\":%llu,\"pos\":%llu,\"len\":%u,\"cap\":%u,"
	       "\"ordinal\":%u,\"starts\":%u,\"chunks\":%u,\"tgid\":%u,\"srtt_us\":%u,\"retrans\":%u,\"why\":\"%s\",\"flags\":",
	       c->type == HW_T_DATA ? "DATA" : "LEN", c->dir == HW_TX ? "tx" : "rx", c->sock, c->ts_ns, c->pos, c->len,
	       c->cap, c->ordinal, c->starts, c->chunks, c->tgid, c->srtt_us, c->retrans, why[c->why <= HW_U_OTHER ? c->why : 0]);
	flags(c->flags);
	printf(",\"tail\":");
	text((const char *)c->tail, c->tail_len);
	if (c->type == HW_T_DATA) {
		printf(",\"data\":");
		text((const char *)(c + 1), c->cap);
	}
	puts("}");
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct hw_chunk *c = data;

	(void)ctx;
	records++;
	bytes += size;
	by_type[c->type & 7]++;
	if (c->type == HW_T_DATA || c->type == HW_T_LEN) {
		starts[!!(c->flags & HW_F_RESPONSE)] += c->starts;
		lost_before += !!(c->flags & HW_F_LOST_BEFORE);
	}
	if (record_file) {
		__u32 n = size;

		fwrite(&n, 4, 1, record_file);
		fwrite(data, size, 1, record_file);
		fflush(record_file);
	}
	if (quiet)
		return 0;
	if (c->type == HW_T_DATA || c->type == HW_T_LEN) {
		print_chunk(c);
	} else if (c->type == HW_T_CONN) {
		const struct hw_conn *k = data;

		printf("{\"type\":\"CONN\",\"sock\":%llu,\"family\":%u,\"local_port\":%u,\"peer_port\":%u,\"cgroup\":%llu,"
		       "\"netns\":%llu,\"tgid\":%u,\"uid\":%u,\"local_addr\":[", k->sock, k->family, k->local_port,
		       k->peer_port, k->cgroup, k->netns, k->tgid, k->uid);
		for (int i = 0; i < 16; i++)
			printf("%s%u", i ? "," : "", k->local_addr[i]);
		printf("],\"comm\":");
		text(k->comm, strnlen(k->comm, 16));
		printf(",\"start_ns\":%llu,\"netns_ino\":%u", k->start_ns, k->netns_ino);
		printf(",\"flags\":");
		flags(k->flags);
		puts("}");
	} else if (c->type == HW_T_CLOSE) {
		const struct hw_close *k = data;

		printf("{\"type\":\"CLOSE\",\"sock\":%llu,\"how\":%u,\"sk_err\":%u,\"ts_ns\":%llu,\"pos\":[%llu,%llu],"
		       "\"last_ns\":[%llu,%llu]}\n", k->sock, k->how, k->sk_err, k->ts_ns, k->pos[0], k->pos[1],
		       k->last_ns[0], k->last_ns[1]);
	} else {
		printf("{\"type\":\"UNKNOWN\",\"size\":%zu}\n", size);
	}
	return 0;
}

static int greeted(const char *path, struct hw_hello *hello, int *fds)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union { char bytes[CMSG_SPACE(sizeof(int) * HW_FD_N)]; struct cmsghdr align; } control;
	struct iovec data = { hello, sizeof(*hello) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(s, (struct sockaddr *)&address, sizeof(address)) ||
	    recvmsg(s, &message, MSG_CMSG_CLOEXEC) != sizeof(*hello) || hello->magic != HW_HELLO_MAGIC ||
	    !CMSG_FIRSTHDR(&message)) {
		fprintf(stderr, "ring-reader: no hello from %s: %s\n", path, strerror(errno));
		exit(1);
	}
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int) * HW_FD_N);
	return s;
}

static void print_counters(int fd, unsigned cpus)
{
	__u64 values[1024];

	printf("{\"type\":\"COUNTERS\",\"values\":[");
	for (__u32 key = 0; key < HW_C_N; key++) {
		__u64 sum = 0;

		if (cpus <= 1024 && !bpf_map_lookup_elem(fd, &key, values))
			for (unsigned i = 0; i < cpus; i++)
				sum += values[i];
		printf("%s%llu", key ? "," : "", sum);
	}
	printf("],\"records\":%lu,\"bytes\":%lu,\"start_requests\":%lu,\"start_responses\":%lu,\"lost_before\":%lu,\"by_type\":[",
	       records, bytes, starts[0], starts[1], lost_before);
	for (int i = 0; i < 8; i++)
		printf("%s%lu", i ? "," : "", by_type[i]);
	puts("]}");
}

static void ask(int s, __u32 what, __u32 tgid, __u64 id)
{
	struct hw_request request = { .what = what, .tgid = tgid, .id = id };
	struct hw_reply r;

	if (send(s, &request, sizeof(request), 0) != sizeof(request) || recv(s, &r, sizeof(r), 0) != sizeof(r)) {
		puts("{\"type\":\"REPLY\",\"error\":-1}");
		return;
	}
	printf("{\"type\":\"REPLY\",\"what\":%u,\"tgid\":%u,\"id\":%llu,\"start_ticks\":%llu,\"recursion_misses\":%llu,"
	       "\"error\":%d,\"uid\":%u,\"comm\":", r.what, r.tgid, r.id, r.start_ticks, r.recursion_misses, r.error, r.uid);
	text(r.comm, strnlen(r.comm, sizeof(r.comm)));
	printf(",\"exe\":");
	text(r.exe, strnlen(r.exe, sizeof(r.exe)));
	printf(",\"cgroup\":");
	text(r.cgroup, strnlen(r.cgroup, sizeof(r.cgroup)));
	puts("}");
}

int main(int argc, char **argv)
{
	int poll_ms = 3, fds[HW_FD_N], s, open_input = 1;
	struct hw_control *control;
	struct ring_buffer *ring;
	struct hw_hello hello;
	char line[256];

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--quiet"))
			quiet = 1;
		else if (!strcmp(argv[i], "--record") && i + 1 < argc)
			record_file = fopen(argv[++i], "wb");
		else if (!strcmp(argv[i], "--poll-ms") && i + 1 < argc)
			poll_ms = atoi(argv[++i]);
	}
	setvbuf(stdin, NULL, _IONBF, 0);	/* poll must see every line */
	s = greeted(argv[1], &hello, fds);
	ring = ring_buffer__new(fds[HW_FD_RING], on_record, NULL, NULL);
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fds[HW_FD_CONTROL], 0);
	if (!ring || control == MAP_FAILED) {
		fprintf(stderr, "ring-reader: cannot map: %s\n", strerror(errno));
		return 1;
	}
	printf("{\"type\":\"HELLO\",\"version\":%u,\"hooks\":%u,\"cpus\":%u,\"ring_bytes\":%u,\"head_budget\":%u,\"probe_pid\":%u,\"scope\":",
	       hello.version, hello.hooks, hello.cpus, hello.ring_bytes, hello.head_budget, hello.probe_pid);
	text(hello.scope, strnlen(hello.scope, sizeof(hello.scope)));
	printf(",\"kernel\":");
	text(hello.kernel, strnlen(hello.kernel, sizeof(hello.kernel)));
	printf(",\"why\":");
	text(hello.why, strnlen(hello.why, sizeof(hello.why)));
	puts("}");
	fflush(stdout);
	for (;;) {
		struct pollfd p = { open_input ? 0 : -1, POLLIN, 0 };
		unsigned long long id;
		unsigned n;

		if (ring_buffer__consume(ring) > 0)
			fflush(stdout);
		if (poll(&p, 1, poll_ms) <= 0)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		if (!strcmp(line, "quit\n"))
			break;
		if (sscanf(line, "process %u", &n) == 1)
			ask(s, HW_REQ_PROCESS, n, 7);
		else if (sscanf(line, "cgroup %llu", &id) == 1)
			ask(s, HW_REQ_CGROUP, 0, id);
		else if (!strcmp(line, "stats\n"))
			ask(s, HW_REQ_STATS, 0, 7);
		else if (sscanf(line, "pause %u", &n) == 1)
			usleep(n * 1000);
		else if (sscanf(line, "wake %u", &n) == 1)
			control->wake_bytes = n;
		else if (sscanf(line, "paused %u", &n) == 1)
			control->paused = n;
		else if (!strcmp(line, "drain\n")) {
			while (ring_buffer__consume(ring) > 0)
				;
			puts("{\"type\":\"DRAINED\"}");
		} else if (!strcmp(line, "cpu\n")) {
			struct rusage u;

			getrusage(RUSAGE_SELF, &u);
			printf("{\"type\":\"CPU\",\"us\":%ld}\n", (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
			       u.ru_utime.tv_usec + u.ru_stime.tv_usec);
		} else if (!strcmp(line, "counters\n"))
			print_counters(fds[HW_FD_COUNTERS], hello.cpus);
		fflush(stdout);
	}
	while (ring_buffer__consume(ring) > 0)
		;
	fflush(stdout);
	if (record_file)
		fclose(record_file);
	return 0;
}
