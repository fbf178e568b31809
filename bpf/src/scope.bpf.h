/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * scope.bpf.h: is this socket to be captured? Asked before anything else, because the hooks see
 * every socket of the machine. Kinds OR together; kinds not in use are removed by the verifier
 * (read-only data), so a port scope costs two loads.
 */
#ifndef HEADWATER_SCOPE_BPF_H
#define HEADWATER_SCOPE_BPF_H
#include "scope_kinds.h"

const volatile __u32 cfg_scope;			/* bits of enum scope_kind */
const volatile __u8 cfg_ports[8192];		/* one bit a local port */
const volatile __u8 cfg_peer_ports[8192];

#define SCOPE_MAP(name, key_type, entries) \
	struct { \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, entries); \
		__type(key, key_type); \
		__type(value, __u32); \
	} name SEC(".maps")

SCOPE_MAP(hw_tgids, __u32, 16384);	/* value: 1 named by pid=, 2 found by exe= */
SCOPE_MAP(hw_exclude, __u32, 1024);	/* Headwater's own processes */
SCOPE_MAP(hw_netns, __u64, 64);		/* inode number of the network namespace */
SCOPE_MAP(hw_cgroup_roots, __u64, 256);	/* cgroups named by the scope */

/* verdict by cgroup, so that the walk up the tree is made once per cgroup */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} hw_cgroup_verdicts SEC(".maps");

static __noinline bool cgroup_in_scope(struct sock *sk)
{
	struct cgroup *group = GET(sk, sk_cgrp_data.cgroup), *up;
	__u32 verdict = 0, *known;
	__u64 id, key;

	if (!group)
		return false;
	id = GET2(group, kn, id);
	known = bpf_map_lookup_elem(&hw_cgroup_verdicts, &id);
	if (known)
		return *known;
	up = group;
	for (int level = 0; level < 32 && up; level++) {
		key = BPF_CORE_READ(up, kn, id);
		if (bpf_map_lookup_elem(&hw_cgroup_roots, &key)) {
			verdict = 1;
			break;
		}
		/* self is the first member: a css of the cgroup hierarchy is its cgroup */
		up = (struct cgroup *)BPF_CORE_READ(up, self.parent);
	}
	bpf_map_update_elem(&hw_cgroup_verdicts, &id, &verdict, BPF_ANY);
	return verdict;
}

/* `by_task`: the current task is the socket's user. Else only what the socket itself tells decides. */
static __always_inline bool in_scope(struct sock *sk, const bool by_task)
{
	__u32 tgid;
	__u64 key;

	if (cfg_scope & SCOPE_PORT) {
		__u16 port = GET(sk, __sk_common.skc_num);

		if (cfg_ports[port >> 3] & (1 << (port & 7)))
			return true;
	}
	if (cfg_scope & SCOPE_PEER_PORT) {
		__u16 port = bpf_ntohs(GET(sk, __sk_common.skc_dport));

		if (cfg_peer_ports[port >> 3] & (1 << (port & 7)))
			return true;
	}
	if (!(cfg_scope & (SCOPE_TGID | SCOPE_CGROUP | SCOPE_NETNS | SCOPE_ALL)))
		return false;
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (by_task && cfg_scope & SCOPE_TGID && bpf_map_lookup_elem(&hw_tgids, &tgid))
		return true;
	if (!(cfg_scope & (SCOPE_CGROUP | SCOPE_NETNS | SCOPE_ALL)))
		return false;
	if (cfg_scope & SCOPE_ALL)
		goto own;
	if (cfg_scope & SCOPE_NETNS) {
		key = GET2(sk, __sk_common.skc_net.net, ns.inum);
		if (bpf_map_lookup_elem(&hw_netns, &key))
			goto own;
	}
	if (cfg_scope & SCOPE_CGROUP && cgroup_in_scope(sk))
		goto own;
	return false;
own:
	return !by_task || !bpf_map_lookup_elem(&hw_exclude, &tgid);
}

#endif
