/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * sockets.bpf.h: syscall mode's sockets: from a descriptor to the socket, and what is known of it.
 * The key is the socket's address. A TCP socket's life is seen (states, tcp_destroy_sock), so its entry never outlives
 * it; a Unix or MPTCP socket's is not, so there the inode number must agree, which no two sockets share, and the entries
 * have a map of their own, in which the dead ones make room by not being used.
 */
#ifndef HEADWATER_SOCKETS_BPF_H
#define HEADWATER_SOCKETS_BPF_H

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* Ids of sockets: cfg_first_id (the probe's start in ms, times 4096, below 2^53) and up, so that none is given twice
 * on this host, also not by the next probe. */
const volatile __u64 cfg_first_id;
__u64 ids_given;
__u64 socks_live;
/* The file operations that all sockets share, and no other file: learned from the first socket met, so that any other
 * file costs two reads of kernel memory. */
__u64 socket_ops;

static __always_inline struct sock *sock_of(struct task_struct *task, __u32 fd, struct file **of)
{
	struct fdtable *fdt = task->files->fdt;
	struct file *file = NULL;
	struct socket *socket;
	__u64 ops;

	if (fd >= fdt->max_fds || bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd) || !file)
		return NULL;
	ops = (__u64)BPF_CORE_READ(file, f_op);
	if (ops != socket_ops) {
		if (socket_ops || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
			return NULL;
		socket_ops = ops;
	}
	*of = file;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

static __always_inline void forget(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (bpf_map_lookup_elem(&hw_socks, &key) && !bpf_map_delete_elem(&hw_socks, &key))
		__sync_fetch_and_add(&socks_live, -1);
}

static __always_inline void remember(__u64 key, struct sock_state *fresh, __u32 kind, __u32 ino, __u32 dir)
{
	fresh->cookie = cfg_first_id + __sync_fetch_and_add(&ids_given, 1);
	fresh->last_dir = dir;
	fresh->kind = kind;
	fresh->ino = ino;
	if (!(kind & KIND_TCP)) {
		bpf_map_update_elem(&hw_other_socks, &key, fresh, BPF_ANY);
		return;
	}
	if (bpf_map_update_elem(&hw_socks, &key, fresh, BPF_NOEXIST))
		return;
	/* LRU lists keep up to 128 free entries a CPU to themselves: forgetting begins that much before the map is full */
	if (__sync_fetch_and_add(&socks_live, 1) >= HW_SOCKS) {
		__sync_fetch_and_add(&socks_live, -1);
		count(HW_C_FORGOTTEN, 1);
	}
}

/* A Unix or MPTCP socket that is known: the inode number tells it from an earlier one at the same address. */
static __always_inline struct sock_state *known_other(struct sock *sk, struct file *file)
{
	__u64 key = (__u64)sk;
	struct sock_state *st = bpf_map_lookup_elem(&hw_other_socks, &key);

	return st && st->ino == (__u32)BPF_CORE_READ(file, f_inode, i_ino) ? st : NULL;
}

/* The state of a socket in scope; made at first sight. NULL: not a stream that may carry HTTP/1, or no room. */
static __noinline struct sock_state *state_of(struct sock *sk, struct file *file, struct scratch *s, __u32 dir)
{
	__u64 key = (__u64)sk;
	struct sock_state *st = known(sk);
	__u32 family, protocol;

	if (!st)
		st = known_other(sk, file);
	if (!st) {
		family = BPF_CORE_READ(sk, __sk_common.skc_family);
		protocol = BPF_CORE_READ(sk, sk_protocol);
		if (family == AF_UNIX) {
			if (BPF_CORE_READ(sk, sk_type) != SOCK_STREAM)
				return NULL;
		} else if ((family != AF_INET && family != AF_INET6) ||
			   (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)) {
			return NULL;
		}
		remember(key, &s->fresh, family == AF_UNIX ? KIND_UNIX : protocol == IPPROTO_TCP ? KIND_TCP : 0,
			 BPF_CORE_READ(file, f_inode, i_ino), dir);
		st = known(sk);
		if (!st)
			st = bpf_map_lookup_elem(&hw_other_socks, &key);
	}
	if (!st) {
		count(HW_C_NO_STORAGE, 1);
	} else if (!(st->kind & KIND_MET)) {
		st->kind |= KIND_MET;
		st->last_dir = dir;
		count(HW_C_CONNS, 1);
	}
	return st;
}

/* A connection begins: from its first sequence numbers on, bytes that no system call reports are a gap, also when
 * there is never a chunk of it (io_uring alone). The task is whoever runs the softirq, so pid= and exe= cannot be asked. */
static __always_inline int established(struct sock *sk)
{
	struct scratch *s;
	struct tcp_sock *tp;
	__u64 key = (__u64)sk;
	__u32 slot = 2;

	if (sk->sk_protocol != IPPROTO_TCP || !in_scope(sk, false))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	s = bpf_map_lookup_elem(&hw_scratch, &slot);
	if (!s || !tp || bpf_map_lookup_elem(&hw_socks, &key))	/* known: data came before (fast open) */
		return 0;
	for (int dir = 0; dir < 2; dir++)
		s->fresh.d[dir].seen = s->fresh.d[dir].fresh = 1;
	s->fresh.d[HW_TX].seq = tp->write_seq;
	s->fresh.d[HW_RX].seq = tp->copied_seq;
	remember(key, &s->fresh, KIND_TCP, 0, HW_TX);
	return 0;
}

/* At the end: bytes behind the last chunk that no system call reported. The FIN counts one. */
static __always_inline void unseen_bytes(struct sock *sk, struct sock_state *st)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!tp || tp->inet_conn.icsk_ulp_ops)
		return;
	if (st->d[HW_TX].seen && (__s32)(tp->write_seq - st->d[HW_TX].seq) > 1)
		count(HW_C_GAP, 1);
	if (st->d[HW_RX].seen && (__s32)(tp->copied_seq - st->d[HW_RX].seq) > 1)
		count(HW_C_GAP, 1);
}

#endif
