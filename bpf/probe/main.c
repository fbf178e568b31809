// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * headwater-probe: the only privileged program of Headwater. Loads the kernel programs, hands the
 * ring to one agent over a Unix socket, answers who a process is, and has no network and no files.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "probe.h"

void die(enum exit_code code, const char *format, ...)
{
	va_list args;

	fputs("headwater-probe: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(code);
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct host host;
	struct capture capture = { .why = host.why };
	char why[512];
	pid_t parent = getppid();
	int listener, signal_fd, rc;

	parse_options(&options, argc, argv);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	if (options.check) {
		drop_privileges();
		return check_host(&options);
	}
	look_at_host(&host, &options);
	if (*host.problem)
		die(EXIT_UNABLE, "%s", host.problem);
	missing_capabilities(why, sizeof(why));
	if (*why)
		die(EXIT_UNABLE, "missing %s: run as root or grant exactly these capabilities", why);
	signal_fd = hold_signals();
	listener = open_socket(&options);	/* before the drop: giving the socket to --client-uid needs CAP_CHOWN */
	drop_privileges();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) {		/* the parent went before the line above */
		unlink(options.socket_path);
		return EXIT_OK;
	}
	if (load_capture(&capture, &options, host.chosen, why, sizeof(why))) {
		unlink(options.socket_path);
		die(EXIT_UNABLE, "%s", why);
	}
	drop_load_privileges();
	rc = serve(listener, signal_fd, &capture, &options);
	unlink(options.socket_path);
	unload_capture();
	return rc;
}
