/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * user_buffer.bpf.h: where in the caller's memory the bytes of this chunk lie. The hooks get the
 * socket and the length only; the buffer is found from the registers of the system call. Every
 * case in which those registers do not belong to this chunk has a name in enum hw_why.
 */
#ifndef HEADWATER_USER_BUFFER_BPF_H
#define HEADWATER_USER_BUFFER_BPF_H

#ifdef HW_SYSCALL
/* syscall.bpf.c has set the buffer in w: it holds the registers of the very call */
static __always_inline enum hw_why buffer_of(struct task_struct *task, struct walk *w)
{
	return w->why;
}
#else
static __always_inline enum hw_why buffer_of(struct task_struct *task, struct walk *w)
{
	struct pt_regs *regs;
	struct hw_msghdr msg;
	__u64 buffer, n;

	w->seg = w->seg_left = w->iov = 0;
	w->iov_left = w->iov_at = w->iov_n = 0;
	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return task->flags & PF_IO_WORKER ? HW_U_URING : HW_U_KTHREAD;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	/* io_uring completes as task work on the exit of any system call: then ax already holds that
	 * call's result and the other registers are about another buffer */
	if (regs->ax != (unsigned long)-ENOSYS)
		return HW_U_NOT_SYSCALL;
	if ((__u16)regs->cs == 0x23)
		return HW_U_COMPAT;
	buffer = regs->si;
	n = regs->dx;
	asm volatile("" : "+r"(buffer), "+r"(n));	/* else clang merges loads from regs and from msg */
	switch (regs->orig_ax) {
	case 0: case 1: case 44: case 45:	/* read write sendto recvfrom */
		w->seg = buffer;
		w->seg_left = n;
		return HW_U_NONE;
	case 19: case 20: case 327: case 328:	/* readv writev preadv2 pwritev2 */
		w->iov = buffer;
		w->iov_left = n;
		break;
	case 299: case 307:			/* recvmmsg sendmmsg: which of the messages is unknown */
		if ((__u32)n != 1)
			return HW_U_MMSG;
		/* fallthrough */
	case 46: case 47:			/* sendmsg recvmsg */
		if (bpf_probe_read_user(&msg, sizeof(msg), (void *)buffer))
			return HW_U_FAULT;
		w->iov = msg.iov;
		w->iov_left = msg.iovlen;
		break;
	case 40:
		return HW_U_SENDFILE;
	case 275: case 276:
		return HW_U_SPLICE;
	case 426:
		return HW_U_URING;
	default:
		return HW_U_OTHER;
	}
	if (w->iov_left > 1024)
		w->iov_left = 1024;
	return HW_U_NONE;
}
#endif

/* Next user segment. One read costs the same for 16 as for 128 bytes, so eight iovecs at a time. */
static __always_inline int next_segment(struct walk *w)
{
	__u32 at = w->iov_at, n;

	if (at >= w->iov_n) {
		n = w->iov_left;
		if (!n)
			return 1;
		if (n > 8)
			n = 8;
		asm volatile("" : "+r"(n));
		if (n > 8)
			return 1;
		if (bpf_probe_read_user(w->iovs, n * sizeof(struct hw_iovec), (void *)w->iov)) {
			w->flags |= HW_F_FAULT;
			return 1;
		}
		w->iov += n * sizeof(struct hw_iovec);
		w->iov_left -= n;
		w->iov_n = n;
		at = 0;
	}
	w->iov_at = at + 1;
	at &= 7;
	w->seg = w->iovs[at].base;
	w->seg_left = w->iovs[at].len;
	return 0;
}

/* The last (up to 5) bytes of the chunk, of which w->left are still unread. Returns how many. */
static __always_inline __u32 read_tail(struct walk *w, __u8 *tail)
{
	__u64 seg = w->seg, seg_left = w->seg_left, left = w->left;
	__u32 n = 5;

	for (__u32 k = 0; k < 8; k++) {
		if (left <= seg_left)
			break;
		left -= seg_left;
		if (w->iov_at + k >= w->iov_n)
			return 0;
		__u32 at = (w->iov_at + k) & 7;

		seg = w->iovs[at].base;
		seg_left = w->iovs[at].len;
	}
	if (left > seg_left)
		return 0;
	if (n > left)
		n = left;
	asm volatile("" : "+r"(n));
	if (!n || n > 5 || bpf_probe_read_user(tail, n, (void *)(seg + left - n)))
		return 0;
	return n;
}

#endif
