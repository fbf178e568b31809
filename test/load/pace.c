// A paced HTTP/1.1 client for the bench: keep-alive connections, a fixed rate, no think time between due requests.
// pace HOST PORT RATE SECONDS CONNECTIONS PATH [HEADER ...]
// Prints {"sent":N,"answered":N,"errors":N,"late":N}; late = sent more than 5 ms after it was due.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct conn { int fd; int busy; size_t want, got; char head[8192]; size_t head_len; };

static long long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int dial(struct sockaddr_in *to)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)to, sizeof(*to)) < 0) { perror("pace: connect"); exit(1); }
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 7) { fprintf(stderr, "usage: pace HOST PORT RATE SECONDS CONNECTIONS PATH [HEADER ...]\n"); return 2; }
	double rate = atof(argv[3]), seconds = atof(argv[4]);
	int n = atoi(argv[5]), free_at = 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
	if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || n < 1 || n > 4096 || rate <= 0) { fprintf(stderr, "pace: bad argument\n"); return 2; }
	char request[16384];
	int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: bench.test\r\n", argv[6]);
	for (int i = 7; i < argc; i++) len += snprintf(request + len, sizeof(request) - len, "%s\r\n", argv[i]);
	len += snprintf(request + len, sizeof(request) - len, "\r\n");
	struct conn *conns = calloc(n, sizeof(*conns));
	int ep = epoll_create1(0);
	for (int i = 0; i < n; i++) {
		conns[i].fd = dial(&to);
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
		epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &e);
	}
	long long start = now_ns(), end = start + (long long)(seconds * 1e9), grace = end + 3000000000LL;
	long long sent = 0, answered = 0, errors = 0, late = 0, due_total = (long long)(rate * seconds);
	for (;;) {
		long long now = now_ns();
		if ((sent >= due_total && answered + errors >= sent) || now > grace) break;
		long long due = (long long)((now - start) / 1e9 * rate) + 1;
		if (due > due_total) due = due_total;
		for (int k = 0; sent < due && k < n; k++, free_at = (free_at + 1) % n) {
			struct conn *c = &conns[free_at];
			if (c->busy) continue;
			if (write(c->fd, request, len) != len) { errors++; sent++; continue; }
			if (now - start - (long long)(sent / rate * 1e9) > 5000000) late++;
			c->busy = 1; c->want = 0; c->got = 0; c->head_len = 0;
			sent++;
		}
		struct epoll_event ev[64];
		int got = epoll_wait(ep, ev, 64, sent < due_total ? 0 : 1);
		if (got == 0 && sent < due_total) { struct timespec nap = { 0, 50000 }; nanosleep(&nap, NULL); }
		for (int i = 0; i < got; i++) {
			struct conn *c = &conns[ev[i].data.u32];
			char buf[65536];
			ssize_t r = read(c->fd, buf, sizeof(buf));
			if (r <= 0) {
				if (r < 0 && errno == EAGAIN) continue;
				if (c->busy) errors++;
				close(c->fd);
				c->fd = dial(&to);
				c->busy = 0;
				struct epoll_event e = { .events = EPOLLIN, .data.u32 = ev[i].data.u32 };
				epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
				continue;
			}
			c->got += r;
			if (!c->want) {
				size_t room = sizeof(c->head) - 1 - c->head_len, take = (size_t)r < room ? (size_t)r : room;
				memcpy(c->head + c->head_len, buf, take);
				c->head_len += take;
				c->head[c->head_len] = 0;
				char *e = strstr(c->head, "\r\n\r\n"), *l = strcasestr(c->head, "content-length:");
				if (e) c->want = (size_t)(e - c->head) + 4 + (l ? strtoul(l + 15, NULL, 10) : 0);
			}
			if (c->want && c->got >= c->want && c->busy) { answered++; c->busy = 0; }
		}
	}
	printf("{\"sent\":%lld,\"answered\":%lld,\"errors\":%lld,\"late\":%lld}\n", sent, answered, errors, late);
	return errors ? 1 : 0;
}
