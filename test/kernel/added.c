/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * added PORT BATCHES: CPU of one HTTP exchange over a loopback connection inside one thread:
 * client send, server receive, server send (writev of head and body), client receive. Prints the
 * least and the median ns per exchange over the batches; run with and without capture, the
 * difference is what the hooks add. Less realistic than a real server, far less noisy.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXCHANGES 300

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	return (*(const long *)a > *(const long *)b) - (*(const long *)a < *(const long *)b);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), server, one = 1;
	int batches = argc > 2 ? atoi(argv[2]) : 50;
	char request[2048] = "GET /api/orders/1 HTTP/1.1\r\nHost: 127.0.0.1:18080\r\nUser-Agent: bench/1.0\r\n", buffer[4096];
	char head[1024] = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 19:00:00 GMT\r\n"
			  "Content-Type: application/json\r\nContent-Length: 48\r\nConnection: keep-alive\r\n";
	char body[] = "{\"id\":12345,\"name\":\"something\",\"price\":9.95123}";
	long *took = calloc(batches, sizeof(long));

	for (int i = 0; i < 6; i++) {
		sprintf(request + strlen(request), "X-Request-%d: value of header number %d\r\n", i, i);
		sprintf(head + strlen(head), "X-A%d: value %d\r\n", i, i);
	}
	strcat(request, "\r\n");
	strcat(head, "\r\n");
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (argc < 2 || bind(listener, (void *)&address, sizeof(address)) || listen(listener, 1) ||
	    connect(client, (void *)&address, sizeof(address)) || (server = accept(listener, NULL, NULL)) < 0)
		return 1;
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (int b = 0; b < batches; b++) {
		long from = now();

		for (int i = 0; i < EXCHANGES; i++) {
			struct iovec parts[2] = { { head, strlen(head) }, { body, sizeof(body) - 1 } };

			if (send(client, request, strlen(request), 0) < 0 || recv(server, buffer, sizeof(buffer), 0) <= 0 ||
			    writev(server, parts, 2) < 0 || recv(client, buffer, sizeof(buffer), 0) <= 0)
				return 2;
		}
		took[b] = (now() - from) / EXCHANGES;
		usleep(4000);	/* lets the reader drain */
	}
	qsort(took, batches, sizeof(long), by_size);
	printf("{\"min_ns\":%ld,\"quarter_ns\":%ld,\"median_ns\":%ld,\"request\":%zu,\"head\":%zu}\n", took[0], took[batches / 4],
	       took[batches / 2], strlen(request), strlen(head));
	return 0;
}
