/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * tax [ROUNDS]: ns per system call of five kinds that have nothing to do with HTTP, least of ROUNDS; run with and without
 * capture, the difference is what capture costs everybody else on the host.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 20000

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const char *names[] = { "getppid", "read_eagain", "read_file", "write_null", "unix_write_read" };
	int rounds = argc > 1 ? atoi(argv[1]) : 20, zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
	int ends[2], idle[2];
	long least[5] = { 0 };
	char b[16];

	if (zero < 0 || null < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, idle))
		return 1;
	for (int r = 0; r < rounds; r++) {
		for (int kind = 0; kind < 5; kind++) {
			long from = now(), took;

			for (int i = 0; i < CALLS; i++) {
				if (kind == 0)
					syscall(SYS_getppid);
				else if (kind == 1 && read(idle[0], b, 1) >= 0)
					return 2;
				else if (kind == 2 && read(zero, b, 1) != 1)
					return 2;
				else if (kind == 3 && write(null, b, 1) != 1)
					return 2;
				else if (kind == 4 && (write(ends[0], b, 1) != 1 || read(ends[1], b, 1) != 1))
					return 2;
			}
			took = (now() - from) * 10 / CALLS;
			if (!least[kind] || took < least[kind])
				least[kind] = took;
		}
	}
	printf("{");
	for (int kind = 0; kind < 5; kind++)
		printf("%s\"%s\":%.1f", kind ? "," : "", names[kind], least[kind] / 10.0);
	printf("}\n");
	return 0;
}
