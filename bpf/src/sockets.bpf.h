/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * sockets.bpf.h: syscall mode's sockets: from a descriptor to the socket, and what is known of it.
 * The key is the socket's address. A TCP socket's life is seen (states, tcp_destroy_sock), so its entry never outlives
 * it; a Unix or MPTCP socket's is not, so there the inode number must agree, which no two sockets share.
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

/* The state of a socket in scope; made at first sight. NULL: not a stream that may carry HTTP/1, or no room. */
static __noinline struct sock_state *state_of(struct sock *sk, struct file *file, struct scratch *s, __u32 dir)
{
	__u64 key = (__u64)sk;
	struct sock_state *st = bpf_map_lookup_elem(&hw_socks, &key);
	__u32 family, protocol, ino;

	if (st) {
		if (st->is_tcp || st->ino == (__u32)BPF_CORE_READ(file, f_inode, i_ino))
			return st;
		forget(sk);
	}
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (family == AF_UNIX) {
		if (BPF_CORE_READ(sk, sk_type) != SOCK_STREAM)
			return NULL;
	} else if ((family != AF_INET && family != AF_INET6) || (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)) {
		return NULL;
	}
	ino = BPF_CORE_READ(file, f_inode, i_ino);
	s->fresh.cookie = cfg_first_id + __sync_fetch_and_add(&ids_given, 1);
	s->fresh.last_dir = dir;
	s->fresh.is_tcp = family != AF_UNIX && protocol == IPPROTO_TCP;
	s->fresh.ino = ino;
	if (!bpf_map_update_elem(&hw_socks, &key, &s->fresh, BPF_NOEXIST)) {
		count(HW_C_CONNS, 1);
		/* LRU lists keep up to 128 free entries a CPU to themselves: forgetting begins that much before the map is full */
		if (__sync_fetch_and_add(&socks_live, 1) >= HW_SOCKS) {
			__sync_fetch_and_add(&socks_live, -1);
			count(HW_C_FORGOTTEN, 1);
		}
	}
	st = bpf_map_lookup_elem(&hw_socks, &key);
	if (!st)
		count(HW_C_NO_STORAGE, 1);
	return st;
}

#endif
