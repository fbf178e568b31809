/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* calls.bpf.h: which system calls carry a socket's bytes, and where in their arguments the bytes are. */
#ifndef HEADWATER_CALLS_BPF_H
#define HEADWATER_CALLS_BPF_H

#define TS_COMPAT 2	/* thread_info.status: inside a 32-bit system call */

/* odd: sends, even: receives */
enum call_kind {
	CALL_BUFFER_TX = 1, CALL_BUFFER_RX, CALL_VECTOR_TX, CALL_VECTOR_RX, CALL_MSG_TX, CALL_MSG_RX,
	CALL_MMSG_TX, CALL_MMSG_RX, CALL_SENDFILE, CALL_SPLICE,
};

/* Kind by number: low half x86-64, high half 32-bit (there only lengths are told, so the kind is the direction). */
#define CALLS 384
static const __u8 calls[CALLS] = {
	[0] = CALL_BUFFER_RX,	/* read */
	[1] = CALL_BUFFER_TX,	/* write */
	[3] = CALL_BUFFER_RX << 4, [4] = CALL_BUFFER_TX << 4,
	[19] = CALL_VECTOR_RX, [20] = CALL_VECTOR_TX,	/* readv writev */
	[40] = CALL_SENDFILE,
	[44] = CALL_BUFFER_TX, [45] = CALL_BUFFER_RX,	/* sendto recvfrom */
	[46] = CALL_MSG_TX, [47] = CALL_MSG_RX,		/* sendmsg recvmsg */
	[145] = CALL_BUFFER_RX << 4, [146] = CALL_BUFFER_TX << 4,
	[187] = CALL_BUFFER_TX << 4, [239] = CALL_BUFFER_TX << 4,	/* sendfile sendfile64 */
	[275] = CALL_SPLICE,
	[299] = CALL_MMSG_RX, [307] = CALL_MMSG_TX,	/* recvmmsg sendmmsg */
	[327] = CALL_VECTOR_RX, [328] = CALL_VECTOR_TX,	/* preadv2 pwritev2 */
	[369] = CALL_BUFFER_TX << 4, [370] = CALL_BUFFER_TX << 4,	/* sendto sendmsg */
	[371] = CALL_BUFFER_RX << 4, [372] = CALL_BUFFER_RX << 4,	/* recvfrom recvmsg */
};

/* messages of one sendmmsg or recvmmsg that are read; the rest is told as one length (HW_U_MMSG) */
#define MAX_MESSAGES 64
#define MAX_VLEN 1024		/* the kernel's own bound */

struct call {
	__u32 kind, fd, compat, ret;
};

struct message_ctx {
	struct sock *sk;
	struct sock_state *st;
	struct scratch *s;
	__u64 vector;
	__u32 n, flags, dir;
};

/* Not static: the verifier then walks it once by itself, which makes the load a second shorter. */
__noinline int chunk(__u64 sock, struct sock_state *st, struct scratch *s, __u32 n, __u32 flags_dir)
{
	struct sock *sk = (struct sock *)sock;

	if (!st || !s)
		return 0;
	count(HW_C_CHUNKS, 1);
	count(HW_C_BYTES, n);
	return take_chunk(sk, st, s, st->kind & KIND_UNIX ? AF_UNIX : AF_INET, n, flags_dir >> 1, flags_dir & 1);
}

static __always_inline void no_buffer(struct walk *w, __u32 why)
{
	w->seg = w->seg_left = w->iov = 0;
	w->iov_left = w->iov_at = w->iov_n = 0;
	w->later = 0;
	w->why = why;
}

/* Points w at the iovecs of one msghdr. It is read to where they will be: kernel 6.1 counts the stack of all calls
 * together, and seven deep there is none to spare. */
static __always_inline void msghdr_buffer(struct walk *w, __u64 at)
{
	struct hw_msghdr *msg = (struct hw_msghdr *)w->iovs;
	__u64 n;

	if (bpf_probe_read_user(msg, sizeof(*msg), (void *)at)) {
		w->why = HW_U_FAULT;
		return;
	}
	n = msg->iovlen;
	w->iov = msg->iov;
	w->iov_left = n > 1024 ? 1024 : n;
}

static long add_message(__u32 i, struct message_ctx *x)
{
	__u32 n = 0;

	if (i >= x->n || bpf_probe_read_user(&n, sizeof(n), (void *)(x->vector + i * 64 + sizeof(struct hw_msghdr))))
		return 1;
	x->s->w.later += n;
	return 0;
}

static long one_message(__u32 i, struct message_ctx *x)
{
	struct walk *w = &x->s->w;
	__u32 n = 0, later = w->later;
	__u64 at = x->vector + i * 64;

	if (i >= x->n || !later)
		return 1;
	bpf_probe_read_user(&n, sizeof(n), (void *)(at + sizeof(struct hw_msghdr)));
	if (n > later)	/* overwritten meanwhile */
		n = later;
	if (!n)
		return 0;
	no_buffer(w, HW_U_NONE);
	msghdr_buffer(w, at);
	w->later = later - n;
	chunk((__u64)x->sk, x->st, x->s, n, x->flags << 1 | x->dir);
	return 0;
}

static __always_inline int messages(struct message_ctx *x)
{
	struct walk *w = &x->s->w;
	__u32 rest;

	w->later = 0;
	bpf_loop(MAX_VLEN, add_message, x, 0);
	bpf_loop(MAX_MESSAGES, one_message, x, 0);
	rest = w->later;
	if (rest) {
		no_buffer(w, HW_U_MMSG);
		chunk((__u64)x->sk, x->st, x->s, rest, x->flags << 1 | x->dir);
	}
	return 0;
}

static __always_inline int on_call(struct pt_regs *regs, struct task_struct *task, struct call *c)
{
	struct message_ctx x = {};
	struct hw_control *ctl;
	struct file *file = NULL;
	struct scratch *s;
	struct sock *sk;
	__u32 kind = c->kind, slot, dir = !(kind & 1), flags = 0;

	sk = sock_of(task, c->fd, &file);
	if (kind == CALL_SPLICE && !sk) {
		sk = sock_of(task, regs->dx, &file);
		dir = HW_TX;
	}
	if (!sk)
		return 0;
	if (!in_scope(sk, true)) {
		if (cfg_scope & (SCOPE_CGROUP | SCOPE_NETNS | SCOPE_ALL))
			forget(sk);	/* met when it was established, and it is one of Headwater's own */
		return 0;
	}
	slot = dir;
	ctl = control();
	s = bpf_map_lookup_elem(&hw_scratch, &slot);
	if (!ctl || !s || ctl->paused)
		return 0;
	if (!c->compat && dir == HW_RX)
		flags = regs->orig_ax == 45 || regs->orig_ax == 299 ? regs->r10 : regs->orig_ax == 47 ? regs->dx : 0;
	if (!c->ret) {
		/* no bytes: the end of a Unix stream, if there was room for bytes at all */
		if (!(flags & MSG_PEEK) && (kind != CALL_BUFFER_RX || c->compat || regs->dx) &&
		    BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
			unix_end(sk, known_other(sk, file));
		return 0;
	}
	if (flags & (MSG_PEEK | MSG_ERRQUEUE)) {
		count(HW_C_PEEK, 1);
		return 0;
	}
	x.st = state_of(sk, file, s, dir);
	if (!x.st)
		return 0;
	x.sk = sk;
	x.s = s;
	x.flags = flags;
	x.dir = dir;
	no_buffer(&s->w, HW_U_NONE);
	if (c->compat) {
		s->w.why = HW_U_COMPAT;
	} else if (kind == CALL_BUFFER_TX || kind == CALL_BUFFER_RX) {
		s->w.seg = regs->si;
		s->w.seg_left = regs->dx;
	} else if (kind == CALL_VECTOR_TX || kind == CALL_VECTOR_RX) {
		s->w.iov = regs->si;
		s->w.iov_left = regs->dx > 1024 ? 1024 : regs->dx;
	} else if (kind == CALL_MSG_TX || kind == CALL_MSG_RX) {
		msghdr_buffer(&s->w, regs->si);
	} else if (kind == CALL_SENDFILE) {
		s->w.why = HW_U_SENDFILE;
	} else if (kind == CALL_SPLICE) {
		s->w.why = HW_U_SPLICE;
	} else {
		x.vector = regs->si;
		x.n = c->ret;
		return messages(&x);
	}
	return chunk((__u64)sk, x.st, s, c->ret, flags << 1 | dir);
}

#endif
