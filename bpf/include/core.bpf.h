/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * core.bpf.h: the few kernel types that the programs touch, and of each only the fields that
 * they touch. CO-RE relocates every field by name against the running kernel's BTF, so order,
 * size and neighbours do not matter here. In place of a generated vmlinux.h of 3 MB.
 */
#ifndef HEADWATER_CORE_BPF_H
#define HEADWATER_CORE_BPF_H
#define __VMLINUX_H__	/* tells wire.h and libbpf's headers that the kernel types are here */

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;
#define true 1
#define false 0
#ifndef NULL
#define NULL ((void *)0)
#endif

/* kernel ABI values that no header of ours declares */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_SK_STORAGE = 24, BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1 << 10, BPF_F_RDONLY_PROG = 1 << 7 };
enum { BPF_SK_STORAGE_GET_F_CREATE = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0 };

enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10 };
enum { SOCK_STREAM = 1 };
enum { IPPROTO_TCP = 6, IPPROTO_MPTCP = 262 };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_CLOSE = 7, TCP_CLOSE_WAIT = 8 };
enum { SHUTDOWN_BOTH = 3 };
enum { MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_ERRQUEUE = 0x2000 };
enum { PF_IO_WORKER = 0x10, PF_KTHREAD = 0x00200000 };
enum { EPIPE = 32, ENOSYS = 38, ECONNRESET = 104, ECONNREFUSED = 111 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr { __u8 in6_u[16]; };
struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; __u64 net_cookie; };
typedef struct { struct net *net; } possible_net_t;

struct sock_common {
	unsigned short skc_family;
	__u16 skc_num;
	__be16 skc_dport;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	possible_net_t skc_net;
};

struct kernfs_node { __u64 id; };
struct cgroup_subsys_state { struct cgroup_subsys_state *parent; };
struct cgroup { struct cgroup_subsys_state self; struct kernfs_node *kn; };
struct sock_cgroup_data { struct cgroup *cgroup; };

struct sock {
	struct sock_common __sk_common;
	__u8 sk_shutdown;
	__u16 sk_type;
	__u16 sk_protocol;
	int sk_err;
	struct sock_cgroup_data sk_cgrp_data;
};

struct tcp_ulp_ops;
struct inet_connection_sock { const struct tcp_ulp_ops *icsk_ulp_ops; };
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 write_seq, copied_seq, rcv_nxt, snd_una;
	__u64 bytes_acked, bytes_received;
	__u32 srtt_us, total_retrans;
};

struct super_block { __u32 s_dev; };
struct inode { __u16 i_mode; unsigned long i_ino; struct super_block *i_sb; };
struct file { struct inode *f_inode; const void *f_op; void *private_data; };
struct fdtable { unsigned int max_fds; struct file **fd; };
struct files_struct { struct fdtable *fdt; };
struct socket { struct sock *sk; };
struct linux_binprm { struct file *file; };

typedef struct { int counter; } atomic_t;
struct signal_struct { atomic_t live; };
struct thread_info { __u32 status; };
struct task_struct {
	struct thread_info thread_info;
	struct files_struct *files;
	unsigned int flags;
	int tgid;
	__u64 start_boottime;
	struct task_struct *group_leader;
	struct signal_struct *signal;
};

/* x86-64: the one machine-specific type */
struct pt_regs { unsigned long r10, bx, ax, dx, si, di, orig_ax; unsigned short cs; };

#pragma clang attribute pop

/* user ABI, read with bpf_probe_read_user: never relocated, so the names are ours */
struct hw_iovec { __u64 base, len; };
struct hw_msghdr { __u64 name; __u32 namelen, pad; __u64 iov, iovlen, control, controllen; __u32 flags, pad2; };

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "wire.h"

/* A field of a kernel structure: a plain load where the verifier knows the pointer's type, else (syscall mode: sockets
 * come out of a descriptor table, as numbers) a bpf_probe_read_kernel of about 20 ns. */
#ifdef HW_SYSCALL
#define GET(p, field) BPF_CORE_READ(p, field)
#define GET2(p, to, field) BPF_CORE_READ(p, to, field)
#else
#define GET(p, field) ((p)->field)
#define GET2(p, to, field) ((p)->to->field)
#endif

#endif
