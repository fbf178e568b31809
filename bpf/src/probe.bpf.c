// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * probe.bpf.c: HTTP/1 heads of the sockets in scope, from the two tracepoints behind every socket
 * send and receive (kernel >= 6.3). What a message is, is decided in user space by framing; here a
 * chunk may start one if its first bytes, or those right behind a head, look like one.
 */
#include "core.bpf.h"
#include "maps.bpf.h"
#include "scope.bpf.h"
#include "user_buffer.bpf.h"
#include "message.bpf.h"
#include "emit.bpf.h"
#include "connection.bpf.h"
#include "body.bpf.h"
#include "walk.bpf.h"
#include "chunk.bpf.h"
#include "process.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A receive that returned 0: the end of a Unix stream, if there was room for bytes at all. */
static __noinline int received_nothing(struct sock *sk, int msg_flags)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u64 nr = regs->orig_ax, n = regs->dx;

	if (sk->__sk_common.skc_family != AF_UNIX || msg_flags & MSG_PEEK || ((nr == 0 || nr == 45) && !n))
		return 0;
	return unix_end(sk, known(sk));
}

static __always_inline int on_chunk(struct sock *sk, int ret, int msg_flags, const __u32 dir)
{
	struct hw_control *ctl;
	struct sock_state *st;
	struct scratch *s;
	__u32 slot = dir, family;

	if (ret <= 0)
		return dir == HW_RX && !ret ? received_nothing(sk, msg_flags) : 0;
	if (!in_scope(sk, true))
		return 0;
	family = sk->__sk_common.skc_family;
	if (family == AF_UNIX) {
		if (sk->sk_type != SOCK_STREAM)
			return 0;
	} else if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP) {
		return 0;
	}
	ctl = control();
	s = bpf_map_lookup_elem(&hw_scratch, &slot);
	if (!ctl || !s || ctl->paused)
		return 0;
	if (dir == HW_RX && msg_flags & (MSG_PEEK | MSG_ERRQUEUE)) {
		count(HW_C_PEEK, 1);
		return 0;
	}
	count(HW_C_CHUNKS, 1);
	count(HW_C_BYTES, ret);
	st = bpf_sk_storage_get(&hw_socks, sk, 0, 0);
	if (!st) {
		st = bpf_sk_storage_get(&hw_socks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (!st) {
			count(HW_C_NO_STORAGE, 1);
			return 0;
		}
		if (!st->cookie) {
			st->cookie = bpf_get_socket_cookie(sk);
			st->last_dir = dir;
			count(HW_C_CONNS, 1);
		}
	}
	return take_chunk(sk, st, s, family, ret, msg_flags, dir);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(hw_send, struct sock *sk, int ret, int flags)
{
	return on_chunk(sk, ret, flags, HW_TX);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(hw_receive, struct sock *sk, int ret, int flags)
{
	return on_chunk(sk, ret, flags, HW_RX);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(hw_state, struct sock *sk, int old_state, int new_state)
{
	if (new_state != TCP_CLOSE)
		return 0;
	return closed(sk, old_state);
}
