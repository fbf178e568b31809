// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* check.c: what this kernel and these privileges allow, for `doctor` and `npm start`. */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "probe.h"

static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

/* Whether the kernel's clock is disciplined (adjtimex(2) with no change asked): nothing else tells without a daemon. */
static void clock_state(void)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state < 0)
		return;
	printf(",\"clock\":{\"synchronised\":%s,\"max_error_us\":%ld,\"offset_us\":%ld}",
	       state == TIME_ERROR || t.status & STA_UNSYNC ? "false" : "true", t.maxerror,
	       t.status & STA_NANO ? t.offset / 1000 : t.offset);
}

int check_host(const struct options *o)
{
	const char *reasons[3];
	struct host host;
	char missing[256], why[512], sentence[320];
	struct capture capture;
	struct options none = *o;
	struct utsname kernel;
	bool loaded = false;
	int n = 0;

	uname(&kernel);
	look_at_host(&host, o);
	if (*host.problem)
		reasons[n++] = host.problem;
	missing_capabilities(missing, sizeof(missing));
	if (*missing) {
		snprintf(sentence, sizeof(sentence), "missing %s", missing);
		reasons[n++] = sentence;
	}
	if (!n) {
		/* a real load; the scope is a port on which nothing can be (0), so nothing is captured */
		none.scope = SCOPE_PORT;
		none.ring_bytes = 65536;
		memset(none.ports, 0, sizeof(none.ports));
		if (load_capture(&capture, &none, host.chosen, why, sizeof(why)))
			reasons[n++] = why;
		else
			loaded = true;
		unload_capture();
	}
	printf("{\"ok\":%s,\"reasons\":[", n ? "false" : "true");
	for (int i = 0; i < n; i++) {
		if (i)
			putchar(',');
		json_string(reasons[i]);
	}
	printf("],\"kernel\":");
	json_string(kernel.release);
	printf(",\"machine\":");
	json_string(kernel.machine);
	printf(",\"btf\":%s,\"loaded\":%s,\"missing_capabilities\":", access("/sys/kernel/btf/vmlinux", R_OK) ? "false" : "true",
	       loaded ? "true" : "false");
	json_string(missing);
	printf(",\"hooks\":[%s%s%s],\"chosen\":", host.sock ? "\"sock\"" : "", host.sock && host.syscall ? "," : "",
	       host.syscall ? "\"syscall\"" : "");
	json_string(!host.chosen ? "" : host.chosen == HW_HOOKS_SOCK ? "sock" : "syscall");
	printf(",\"why\":");
	json_string(host.why);
	clock_state();
	puts("}");
	return n ? EXIT_UNABLE : EXIT_OK;
}
