/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* mmsg PORT: one request as two messages of one sendmmsg. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0) };
	struct iovec parts[2] = { { "GET /mmsg HTTP/1.1\r\n", 20 }, { "Host: mm\r\n\r\n", 12 } };
	struct mmsghdr messages[2] = {
		{ .msg_hdr = { .msg_iov = &parts[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &parts[1], .msg_iovlen = 1 } },
	};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (connect(s, (void *)&address, sizeof(address)))
		return 1;
	return sendmmsg(s, messages, 2, 0) == 2 ? 0 : 2;
}
