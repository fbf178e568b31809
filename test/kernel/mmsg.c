/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* mmsg PORT [N]: one request as N (2) messages of one sendmmsg, its answer as two of one recvmmsg. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0) };
	int n = argc > 2 ? atoi(argv[2]) : 2, s = socket(AF_INET, SOCK_STREAM, 0);
	char head[64], line[] = "Host: mm\r\n\r\n", part[] = "X-Ten: 90\n", answer[200];
	struct iovec parts[200] = { { head, 0 }, { line, 12 } }, into[2] = { { answer, 20 }, { answer + 20, 100 } };
	struct mmsghdr messages[200] = {}, received[2] = { { .msg_hdr = { &(int){ 0 }, 0, &into[0], 1 } }, { .msg_hdr = { &(int){ 0 }, 0, &into[1], 1 } } };

	if (n < 2 || n > 200)
		return 3;
	parts[0].iov_len = sprintf(head, "GET /mmsg HTTP/1.1\r\n");
	for (int i = 1; i < n; i++) {
		if (i < n - 1)
			parts[i] = (struct iovec){ part, 10 };
		else
			parts[i] = (struct iovec){ line, 12 };
	}
	for (int i = 0; i < n; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (connect(s, (void *)&address, sizeof(address)))
		return 1;
	if (sendmmsg(s, messages, n, 0) != n)
		return 2;
	return recvmmsg(s, received, 2, 0, NULL) == 2 && received[0].msg_len == 20 && received[1].msg_len == 20 ? 0 : 4;
}
