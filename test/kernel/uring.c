/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* uring PORT MODE: one request by io_uring. 0 inline, 1 SQPOLL, 2 IOSQE_ASYNC, 3 the receive
 * completes as task work on the exit of a write(2) to a pipe. */
#include <arpa/inet.h>
#include <liburing.h>
#include <stdlib.h>
#include <unistd.h>

static const char request[] = "GET /uring HTTP/1.1\r\nHost: uring\r\n\r\n";

int main(int argc, char **argv)
{
	int mode = argc > 2 ? atoi(argv[2]) : 0, ends[2];
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	struct io_uring_params params = { .flags = mode == 1 ? IORING_SETUP_SQPOLL : 0 };
	struct io_uring_cqe *done;
	struct io_uring_sqe *work;
	struct io_uring ring;
	static char buffer[9000];
	int s = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (io_uring_queue_init_params(8, &ring, &params) || connect(s, (void *)&address, sizeof(address)))
		return 1;
	work = io_uring_get_sqe(&ring);
	io_uring_prep_send(work, s, request, sizeof(request) - 1, 0);
	if (mode == 2)
		work->flags |= IOSQE_ASYNC;
	io_uring_submit_and_wait(&ring, 1);
	if (io_uring_wait_cqe(&ring, &done) || done->res != sizeof(request) - 1)
		return 2;
	io_uring_cqe_seen(&ring, done);
	work = io_uring_get_sqe(&ring);
	io_uring_prep_recv(work, s, buffer, sizeof(buffer), 0);
	if (mode == 2)
		work->flags |= IOSQE_ASYNC;
	io_uring_submit(&ring);
	if (mode == 3) {
		usleep(60000);
		if (pipe(ends) || write(ends[1], "GET ", 4) != 4)
			return 3;
	}
	return io_uring_wait_cqe(&ring, &done) || done->res <= 0 ? 4 : 0;
}
