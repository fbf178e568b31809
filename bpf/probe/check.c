// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* check.c: what this kernel and these privileges allow, for `doctor` and `npm start`. */
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "probe.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"

/* tp_btf hooks exist when the kernel's BTF has the tracepoint's prototype. */
static bool has_hook(const struct btf *btf, const char *name)
{
	char type[64];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0;
}

const char *host_problem(void)
{
	static char text[256];
	struct utsname kernel;
	struct btf *btf;

	uname(&kernel);
	if (strcmp(kernel.machine, "x86_64")) {
		snprintf(text, sizeof(text), "machine %s: only x86_64 is supported now", kernel.machine);
		return text;
	}
	if (access(BTF_PATH, R_OK))
		return BTF_PATH " is missing: a kernel with CONFIG_DEBUG_INFO_BTF is needed";
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return BTF_PATH " cannot be read as BTF";
	if (!has_hook(btf, "sock_send_length") || !has_hook(btf, "sock_recv_length")) {
		snprintf(text, sizeof(text), "kernel %s has no sock_send_length tracepoint: Linux 6.3 or newer is needed",
			 kernel.release);
		btf__free(btf);
		return text;
	}
	btf__free(btf);
	return NULL;
}

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
	char missing[256], why[512], sentence[320];
	struct capture capture;
	struct options none = *o;
	struct utsname kernel;
	bool loaded = false;
	int n = 0;

	uname(&kernel);
	if (host_problem())
		reasons[n++] = host_problem();
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
		if (load_capture(&capture, &none, why, sizeof(why)))
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
	printf(",\"btf\":%s,\"loaded\":%s,\"missing_capabilities\":", access(BTF_PATH, R_OK) ? "false" : "true",
	       loaded ? "true" : "false");
	json_string(missing);
	printf(",\"hooks\":[%s]", host_problem() ? "" : "\"sock\"");
	clock_state();
	puts("}");
	return n ? EXIT_UNABLE : EXIT_OK;
}
