/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* probe.h: what the files of headwater-probe know of each other. */
#ifndef HEADWATER_PROBE_H
#define HEADWATER_PROBE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "wire.h"
#include "scope_kinds.h"

#define PROBE_VERSION "0.1.0"
#define MAX_NAMED 64
#define MAX_PROGRAMS 8

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNABLE = 3 };

/* What the command line asked for. */
struct options {
	const char *socket_path;
	uint32_t scope;				/* bits of enum scope_kind */
	uint8_t ports[8192], peer_ports[8192];	/* one bit a port */
	uint32_t pids[MAX_NAMED];
	uint64_t cgroups[MAX_NAMED], netns[MAX_NAMED];
	struct exe_key exes[MAX_NAMED];
	uint32_t excluded[MAX_NAMED];
	int n_pids, n_cgroups, n_netns, n_exes, n_excluded;
	char scope_text[sizeof(((struct hw_hello *)0)->scope)];
	uint32_t ring_bytes, head_budget;
	bool mean_all, check, exit_with_agent, client_uid_set;
	uid_t client_uid;
	uint32_t hooks;			/* enum hw_hooks asked for, 0: auto */
};

/* The loaded programs, seen from outside the skeleton. */
struct capture {
	int ring_fd, counters_fd, control_fd, exclude_fd;
	int program_fds[MAX_PROGRAMS];
	int n_programs;
	volatile uint8_t *agent;	/* hw_agent of the programs */
	enum hw_hooks hooks;
	const char *why;	/* why these hooks, one sentence */
};

/* message for a person: one line on stderr, then exit */
void die(enum exit_code code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

void parse_options(struct options *o, int argc, char **argv);	/* options.c; exits on error */
void add_scope(struct options *o, const char *text);		/* scope.c; exits on error */

void drop_privileges(void);		/* privileges.c: before load, keeps what load and attribution need */
void drop_load_privileges(void);	/* after load: only attribution is left */
void missing_capabilities(char *names, size_t size);

/* load.c: 0, or -errno with a sentence in `why` */
int load_capture(struct capture *c, const struct options *o, enum hw_hooks hooks, char *why, size_t size);
void unload_capture(void);
uint64_t recursion_misses(const struct capture *c);

int check_host(const struct options *o);	/* check.c: prints JSON, returns the exit code */

/* hooks.c: what this kernel has. */
struct host {
	char problem[256];	/* empty, or why this kernel cannot be captured on (with the hooks asked for) */
	char why[sizeof(((struct hw_hello *)0)->why)];	/* why `chosen` */
	bool sock, syscall;	/* possible here */
	enum hw_hooks chosen;
};
void look_at_host(struct host *h, const struct options *o);

int open_socket(const struct options *o);	/* serve.c */
int hold_signals(void);
int serve(int listener, int signal_fd, struct capture *c, const struct options *o);

void describe_process(struct hw_reply *r);	/* process.c */
void describe_cgroup(struct hw_reply *r);

#endif
