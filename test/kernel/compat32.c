/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One request to port 18123 by the 32-bit system call interface; static, no libc. 32-bit numbers:
 * 359 socket, 362 connect, 4 write, 1 exit. */
static int call(int number, int a, int b, int c)
{
	int result;

	asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

void _start(void)
{
	struct { unsigned short family, port; unsigned address; char zero[8]; } to =
		{ 2, (18123 & 0xff) << 8 | 18123 >> 8, 0x0100007f, { 0 } };
	static const char request[] = "GET /compat HTTP/1.1\r\nHost: c32\r\n\r\n";
	int s = call(359, 2, 1, 0);

	call(362, s, (int)&to, sizeof(to));
	call(4, s, (int)request, sizeof(request) - 1);
	call(1, 0, 0, 0);
}
