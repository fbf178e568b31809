// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options.c: the command line. Every refusal names the option and the fix. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include "probe.h"

static const char usage[] =
	"headwater-probe --socket PATH --scope SCOPE [--scope SCOPE ...]\n"
	"  SCOPE: port=N | peer-port=N | pid=N | exe=PATH | cgroup=PATH | netns=self|PATH | all\n"
	"  --i-mean-all          needed with the scope \"all\"\n"
	"  --exclude-pid PID     a process that cgroup=, netns= and all leave out (repeatable)\n"
	"  --hooks MODE          auto (default): sock where the kernel has the socket tracepoints (6.3), else syscall\n"
	"  --ring-bytes N        size of the ring, a power of two, 65536 to 268435456 (default 4194304)\n"
	"  --head-budget N       bytes captured of one message head, 1024 to 65536 (default 16384)\n"
	"  --client-uid UID      user that may connect (default: the user that runs the probe)\n"
	"  --exit-with-agent     end when the agent disconnects\n"
	"  --check               print as JSON what this kernel and these privileges allow\n"
	"  --version, --help\n";

static unsigned long number(const char *option, const char *text, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || !*text || *text == '-' || n < min || n > max)
		die(EXIT_USAGE, "%s %s: give a number from %lu to %lu", option, text, min, max);
	return n;
}

static uint32_t hooks(const char *value)
{
	if (!strcmp(value, "sock"))
		return HW_HOOKS_SOCK;
	if (!strcmp(value, "syscall"))
		return HW_HOOKS_SYSCALL;
	if (strcmp(value, "auto"))
		die(EXIT_USAGE, "--hooks %s: give auto, sock or syscall", value);
	return 0;
}

void parse_options(struct options *o, int argc, char **argv)
{
	o->ring_bytes = 4 << 20;
	o->head_budget = HW_HEAD_BUDGET;
	o->client_uid = getuid();
	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(option, "--help")) {
			fputs(usage, stdout);
			exit(EXIT_OK);
		} else if (!strcmp(option, "--version")) {
			puts("headwater-probe " PROBE_VERSION);
			exit(EXIT_OK);
		} else if (!strcmp(option, "--check")) {
			o->check = true;
		} else if (!strcmp(option, "--i-mean-all")) {
			o->mean_all = true;
		} else if (!strcmp(option, "--exit-with-agent")) {
			o->exit_with_agent = true;
		} else if (!strcmp(option, "--socket") || !strcmp(option, "--scope") || !strcmp(option, "--ring-bytes") ||
			   !strcmp(option, "--head-budget") || !strcmp(option, "--exclude-pid") ||
			   !strcmp(option, "--client-uid") || !strcmp(option, "--hooks")) {
			if (!value)
				die(EXIT_USAGE, "%s needs a value: see --help", option);
			i++;
			if (!strcmp(option, "--socket")) {
				o->socket_path = value;
			} else if (!strcmp(option, "--scope")) {
				add_scope(o, value);
			} else if (!strcmp(option, "--hooks")) {
				o->hooks = hooks(value);
			} else if (!strcmp(option, "--ring-bytes")) {
				o->ring_bytes = number(option, value, 65536, 256 << 20);
				if (o->ring_bytes & (o->ring_bytes - 1))
					die(EXIT_USAGE, "--ring-bytes %s: give a power of two, such as 4194304", value);
			} else if (!strcmp(option, "--head-budget")) {
				o->head_budget = number(option, value, 1024, HW_HEAD_BUDGET_MAX);
			} else if (!strcmp(option, "--exclude-pid")) {
				if (o->n_excluded == MAX_NAMED)
					die(EXIT_USAGE, "--exclude-pid %s: at most %d are possible", value, MAX_NAMED);
				o->excluded[o->n_excluded++] = number(option, value, 1, 4194304);
			} else {
				o->client_uid = number(option, value, 0, 4294967294UL);
				o->client_uid_set = true;
			}
		} else {
			die(EXIT_USAGE, "%s: unknown option, see --help", option);
		}
	}
	if (o->check)
		return;
	if (!o->socket_path)
		die(EXIT_USAGE, "--socket is missing: give the path of the Unix socket for the agent");
	if (strlen(o->socket_path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		die(EXIT_USAGE, "--socket %s: a Unix socket's path has at most 107 bytes, give a shorter one", o->socket_path);
	if (!o->scope)
		die(EXIT_USAGE, "--scope is missing: say what to capture, for example --scope port=8080");
	if (o->scope & SCOPE_ALL && !o->mean_all)
		die(EXIT_USAGE, "--scope all captures every socket of this host: add --i-mean-all if that is meant");
}
