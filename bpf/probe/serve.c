// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* serve.c: one agent at a time on an AF_UNIX SOCK_SEQPACKET socket. The ring outlives the agent, so
 * nothing is lost over its restart as long as the ring has room. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "probe.h"

int open_socket(const struct options *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct stat st;
	mode_t mask;

	strcpy(address.sun_path, o->socket_path);	/* its length was checked */
	if (!lstat(o->socket_path, &st)) {
		if (!S_ISSOCK(st.st_mode))
			die(EXIT_USAGE, "--socket %s: a file that is not a socket is in the way, remove it", o->socket_path);
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			die(EXIT_FAILED, "--socket %s: another probe listens there, stop it or give another path",
			    o->socket_path);
		unlink(o->socket_path);		/* left over from a probe that was killed */
	}
	mask = umask(0177);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4))
		die(EXIT_FAILED, "--socket %s: %s", o->socket_path, strerror(errno));
	umask(mask);
	if (o->client_uid != getuid() && chown(o->socket_path, o->client_uid, -1)) {
		unlink(o->socket_path);
		die(EXIT_UNABLE, "--client-uid %u: cannot give it the socket (%s), run as root or as that user",
		    o->client_uid, strerror(errno));
	}
	return fd;
}

static int greet(int agent, const struct capture *c, const struct options *o)
{
	struct hw_hello hello = {
		.magic = HW_HELLO_MAGIC, .version = HW_WIRE_VERSION, .hooks = c->hooks,
		.cpus = libbpf_num_possible_cpus(), .ring_bytes = o->ring_bytes,
		.head_budget = o->head_budget, .probe_pid = getpid(),
	};
	int fds[HW_FD_N] = { [HW_FD_RING] = c->ring_fd, [HW_FD_COUNTERS] = c->counters_fd, [HW_FD_CONTROL] = c->control_fd };
	union { char bytes[CMSG_SPACE(sizeof(fds))]; struct cmsghdr align; } control = {};
	struct iovec data = { &hello, sizeof(hello) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct utsname kernel;

	memcpy(hello.scope, o->scope_text, sizeof(hello.scope));
	snprintf(hello.why, sizeof(hello.why), "%s", c->why);
	if (!uname(&kernel))
		snprintf(hello.kernel, sizeof(hello.kernel), "%.63s", kernel.release);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	return sendmsg(agent, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(hello) ? 0 : -1;
}

/* Answers one request; -1 when the agent is gone. */
static int answer(int agent, const struct capture *c)
{
	struct hw_request request;
	struct hw_reply reply = {};
	ssize_t n = recv(agent, &request, sizeof(request), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != sizeof(request))
		return -1;
	reply.what = request.what;
	reply.tgid = request.tgid;
	reply.id = request.id;
	if (request.what == HW_REQ_PROCESS)
		describe_process(&reply);
	else if (request.what == HW_REQ_STATS)
		reply.recursion_misses = recursion_misses(c);
	else if (request.what == HW_REQ_CGROUP)
		describe_cgroup(&reply);
	else
		reply.error = EINVAL;
	/* an agent that does not read its answers is dropped rather than waited for */
	return send(agent, &reply, sizeof(reply), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(reply) ? 0 : -1;
}

static int welcome(int listener, int agent, const struct capture *c, const struct options *o, struct ucred *who)
{
	socklen_t size = sizeof(*who);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	uint32_t one = 1;

	if (fd < 0)
		return agent;
	if (agent >= 0) {
		fprintf(stderr, "headwater-probe: refused a second agent: one is connected\n");
		close(fd);
		return agent;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &size) ||
	    (who->uid != o->client_uid && who->uid != 0) || greet(fd, c, o)) {
		fprintf(stderr, "headwater-probe: refused uid %u: only uid %u may connect\n", who->uid, o->client_uid);
		close(fd);
		return -1;
	}
	bpf_map_update_elem(c->exclude_fd, &who->pid, &one, BPF_ANY);
	return fd;
}

/* From here on SIGTERM and SIGINT wait in a descriptor: a probe that is told to go while it still
 * loads leaves no socket file behind. */
int hold_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int serve(int listener, int signal_fd, struct capture *c, const struct options *o)
{
	struct ucred who = {};
	int agent = -1;

	printf("ready %s scope \"%s\" ring %u hooks %s\n", o->socket_path, o->scope_text, o->ring_bytes,
	       c->hooks == HW_HOOKS_SOCK ? "sock" : "syscall");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[3] = { { listener, POLLIN, 0 }, { signal_fd, POLLIN, 0 }, { agent, POLLIN, 0 } };

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			die(EXIT_FAILED, "poll: %s", strerror(errno));
		if (fds[1].revents)
			return EXIT_OK;
		if (agent >= 0 && fds[2].revents && answer(agent, c)) {
			close(agent);
			agent = -1;
			bpf_map_delete_elem(c->exclude_fd, &who.pid);
			/* what waits in the ring from now on is the next one's, which knows no socket */
			*c->agent = *c->agent % 255 + 1;
			if (o->exit_with_agent)
				return EXIT_OK;
		}
		if (fds[0].revents)
			agent = welcome(listener, agent, c, o, &who);
	}
}
