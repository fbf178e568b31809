/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* scope_kinds.h: the kinds of scope, for the programs and the probe. */
#ifndef HEADWATER_SCOPE_KINDS_H
#define HEADWATER_SCOPE_KINDS_H
enum scope_kind {
	SCOPE_PORT = 1 << 0,
	SCOPE_PEER_PORT = 1 << 1,
	SCOPE_TGID = 1 << 2,	/* pid= and exe= */
	SCOPE_CGROUP = 1 << 3,
	SCOPE_NETNS = 1 << 4,
	SCOPE_ALL = 1 << 5,
};
/* value of the map hw_tgids */
enum tgid_reason { TGID_NAMED = 1, TGID_EXE = 2 };
/* key of the map hw_exes */
struct exe_key { __u64 ino; __u32 dev; __u32 pad; };
#endif
