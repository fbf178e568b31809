/*
 * confine -m|- FAMILIES SYSCALLS -- COMMAND: what a service manager would do by seccomp, for units that are tested
 * without one. SYSCALLS: numbers of the system calls that are allowed, by commas; all others fail with EPERM.
 * FAMILIES: numbers of the address families that socket(2) may name. -m: as MemoryDenyWriteExecute=yes.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_filter code[4096];
static unsigned short n;

static void add(unsigned short op, unsigned int k, unsigned char jt, unsigned char jf)
{
	if (n == sizeof(code) / sizeof(*code)) {
		fputs("confine: too many system calls\n", stderr);
		exit(2);
	}
	code[n++] = (struct sock_filter){ op, jt, jf, k };
}

#define LOAD(field) add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field), 0, 0)
#define SKIP_UNLESS(value, count) add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define ANSWER(action) add(BPF_RET | BPF_K, action, 0, 0)
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* A call that is refused when all of these bits are set in one of its arguments. */
static void refuse_bits(int call, size_t argument, unsigned int bits)
{
	SKIP_UNLESS(call, 5);
	add(BPF_LD | BPF_W | BPF_ABS, argument, 0, 0);
	add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	SKIP_UNLESS(bits, 1);
	ANSWER(REFUSE);
	LOAD(nr);
}

int main(int argc, char **argv)
{
	size_t protection = offsetof(struct seccomp_data, args[2]);
	struct sock_fprog program;

	if (argc < 6 || strcmp(argv[4], "--"))
		return 2;
	LOAD(arch);
	SKIP_UNLESS(AUDIT_ARCH_X86_64, 1);
	add(BPF_JMP | BPF_JA, 1, 0, 0);
	ANSWER(SECCOMP_RET_KILL_PROCESS);
	LOAD(nr);
	if (!strcmp(argv[1], "-m")) {
		refuse_bits(SYS_mmap, protection, PROT_WRITE | PROT_EXEC);
		refuse_bits(SYS_mprotect, protection, PROT_EXEC);
		refuse_bits(SYS_pkey_mprotect, protection, PROT_EXEC);
	}
	for (char *family = strtok(argv[2], ","); family; family = strtok(NULL, ",")) {
		SKIP_UNLESS(SYS_socket, 4);
		LOAD(args[0]);
		SKIP_UNLESS(atoi(family), 1);
		ANSWER(SECCOMP_RET_ALLOW);
		LOAD(nr);
	}
	SKIP_UNLESS(SYS_socket, 1);
	ANSWER(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	for (char *call = strtok(argv[3], ","); call; call = strtok(NULL, ",")) {
		SKIP_UNLESS(atoi(call), 1);
		ANSWER(SECCOMP_RET_ALLOW);
	}
	ANSWER(REFUSE);
	program = (struct sock_fprog){ n, code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("confine");
		return 2;
	}
	execvp(argv[5], argv + 5);
	perror(argv[5]);
	return 2;
}
