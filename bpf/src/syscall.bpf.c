// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * syscall.bpf.c: the same records as probe.bpf.c for kernels without the socket tracepoints (6.1, 6.2), from the exit of
 * the system calls that carry a socket's bytes. At the exit everything is at hand: the registers still hold the
 * arguments, and the result is known. So there is no program at the entry and no record from entry to exit.
 *
 * Which tracepoint: tp_btf/sys_exit, measured against tracepoint/syscalls/sys_exit_* for these calls alone. As soon as
 * either is in use, every task takes the slow way out of every system call: +60 to +95 ns on a getppid of 190 to 290 ns,
 * the same with both. But a read or write that is none of ours then costs +75 ns with an empty program on sys_exit and
 * +180 ns with one on sys_exit_read, since perf prepares its record first; and those would need tracefs and a perf event
 * each. With the program below: getppid +97 ns, a read or write of a file +200 to +220 ns (two reads of kernel memory
 * tell that it is no socket), of a socket out of scope about +300 ns. Socket mode: 0, 0 and about +100.
 *
 * What it does not see: bytes moved by no system call of the tracing's list (io_uring, kernel sockets, 32-bit
 * socketcall). tcp_sock's positions tell how many they were: HW_F_GAP and HW_C_GAP, on the next chunk or at the end.
 */
#define HW_SYSCALL 1
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
#include "sockets.bpf.h"
#include "calls.bpf.h"
#include "process.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(hw_sys_exit, struct pt_regs *regs, long ret)
{
	struct call c = {};
	struct task_struct *task;
	__u64 nr = regs->orig_ax;
	__u32 kinds;

	if (ret < 0 || nr >= CALLS)
		return 0;
	kinds = calls[nr];
	if (!kinds)
		return 0;
	task = bpf_get_current_task_btf();
	c.ret = ret;
	if (task->thread_info.status & TS_COMPAT) {
		c.kind = kinds >> 4;
		c.compat = 1;
		c.fd = regs->bx;
	} else {
		c.kind = kinds & 15;
		c.fd = regs->di;
	}
	if (!c.kind || (!ret && (c.kind & 1 || c.kind > CALL_MSG_RX)))
		return 0;
	/* by process: out of scope before the descriptor table is read */
	if (cfg_scope && !(cfg_scope & ~SCOPE_TGID)) {
		__u32 tgid = bpf_get_current_pid_tgid() >> 32;

		if (!bpf_map_lookup_elem(&hw_tgids, &tgid))
			return 0;
	}
	return on_call(regs, task, &c);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(hw_state, struct sock *sk, int old_state, int new_state)
{
	struct sock_state *st;

	if (new_state == TCP_CLOSE) {
		st = known(sk);
		if (!st)
			return 0;
		unseen_bytes(sk, st);
		return st->kind & KIND_MET ? closed(sk, old_state) : 0;
	}
	if (new_state == TCP_ESTABLISHED)
		return established(sk);
	if (new_state == TCP_SYN_SENT || new_state == TCP_SYN_RECV)
		forget(sk);	/* a new connection at the address of one whose end was missed */
	return 0;
}

/* Not at ->CLOSE: what was received before a reset can still be read after it. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(hw_destroy, struct sock *sk)
{
	forget(sk);
	return 0;
}
