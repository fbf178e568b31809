/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* maps.bpf.h: everything that outlives one call of a program, and the configuration. */
#ifndef HEADWATER_MAPS_BPF_H
#define HEADWATER_MAPS_BPF_H

/* Records to user space. The size is set by the probe before load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} hw_ring SEC(".maps");

/* enum hw_counter. Not atomic: the send and receive programs run in task context with preemption
 * off and cannot meet on one CPU; the close program may interrupt them and has counters of its own. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HW_C_N);
	__type(key, __u32);
	__type(value, __u64);
} hw_counters SEC(".maps");

/* Written by the agent, read here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hw_control);
} hw_control SEC(".maps");

enum dir_mode { MODE_OPEN = 0 /* a chunk may start a message */, MODE_HEAD = 1 };

#define HW_SOCKS 16384		/* TCP sockets known at once in syscall mode: 7 MB */
#define HW_OTHER_SOCKS 8192

/* longest method name that is recognised, without the space behind it */
#define METHOD_MAX 32

struct dir_state {
	__u64 pos;		/* stream position behind the last chunk */
	__u64 last_ns;
	__u32 seq;		/* tcp_sock's sequence number at pos */
	__u32 ordinal;		/* candidate starts so far */
	__u32 budget;		/* bytes of the current head that may still be captured */
	__u32 behind;		/* the last four bytes of an unfinished head: CRLF CRLF may straddle chunks */
	__u8 mode;
	__u8 seen;
	__u8 lost;		/* a record was lost since the last one delivered */
	__u8 held_len;		/* bytes at the end of the last chunk that could become a start */
	__u16 mid;		/* HW_F_MID until a record carried it */
	__u16 len_events;	/* length events of this message */
	__u8 held[METHOD_MAX];

	/* length event in the making */
	__u32 busy;		/* taken by compare-and-swap: the other direction may flush it */
	__u32 wait_len;
	__u64 wait_pos, wait_first_ns, wait_last_ns;
	__u64 wait_tail;
	__u32 wait_tgid, wait_prev;
	__u16 wait_chunks, wait_flags;
	__u8 wait_why, wait_tail_len;
	__u8 no_body;		/* the last message started here was a GET or HEAD */
	__u8 fresh;		/* the last chunk ended with such a message's head: the next one starts a message */
	__u8 may_body;		/* the last message started here was a request that may have a body */
	__u32 take;		/* its length is unknown: bytes of it that may still be captured for framing to walk */
	__u64 body_end;		/* stream position behind it by its Content-Length; 0 unknown */
};

enum { KIND_TCP = 1, KIND_UNIX = 2, KIND_MET = 4 /* a chunk of it was seen */ };

struct sock_state {
	__u64 cookie;
	__u32 srtt_us, retrans;
	__u8 conn_sent;		/* the agent (hw_agent) that was told who is behind it */
	__u8 last_dir;
	__u8 ended;		/* CLOSE was told, or must not be */
	__u8 kind;		/* syscall mode: KIND_ */
	__u32 ino;		/* syscall mode: of the socket's inode, tells a reused address */
	struct dir_state d[2];
};

/* What is known of a socket; its presence means: this socket was in scope. */
#ifdef HW_SYSCALL
/* A descriptor table gives no pointer that sk_storage accepts (kernel 6.1), so the key is the socket's address;
 * sockets.bpf.h says how a reused address is told. Bounded: the socket unused for longest is forgotten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HW_SOCKS);
	__type(key, __u64);
	__type(value, struct sock_state);
} hw_socks SEC(".maps");

/* Unix and MPTCP sockets, whose end is not always seen: what nobody uses any more makes room in time, uncounted. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HW_OTHER_SOCKS);
	__type(key, __u64);
	__type(value, struct sock_state);
} hw_other_socks SEC(".maps");

static __always_inline struct sock_state *known(struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&hw_socks, &key);
}
#else
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sock_state);
} hw_socks SEC(".maps");

#define known(sk) bpf_sk_storage_get(&hw_socks, sk, 0, 0)
#endif

enum { WHOLE_BODY = 2 };

/*
 * One chunk under way. It lives in a map value, not on the stack: there the verifier knows its
 * fields as unknown scalars, so the bpf_loop callbacks converge (on the stack: > 1M instructions).
 */
struct walk {
	__u64 seg, seg_left;	/* rest of the current user segment */
	__u64 iov;		/* next iovec in user memory */
	__u32 iov_left;		/* iovecs there */
	__u32 iov_at, iov_n;	/* iovecs in iovs[]: next, loaded */
	__u32 left;		/* bytes of the chunk not yet read */
	__u32 pos;		/* bytes in data[] */
	__u32 at;		/* bytes of them already looked at */
	__u32 flags;		/* enum hw_flag of the record being made */
	__u32 starts;
	__u32 whole;		/* small chunk: send all of it if a head ends in it; WHOLE_BODY: send all of it */
	__u32 may_hold;		/* an undecided end of the chunk is kept for the next one (see on_chunk) */
	__u32 mode;		/* enum walk_mode */
	__u32 found;		/* result of a scan: index behind CRLF CRLF, or of a field's name plus 1; 0 none */
	__u32 retrans;		/* what hw_chunk.retrans is to say when a record leaves */
	__u32 head_at;		/* where in data[] the head under way begins */
	__u64 body;		/* result of content_length() */
	__u64 skip;		/* bytes of a body to step over */
	__u32 records;
	__u32 scan_at, scan_to;
	__u64 woken_ns;
	struct hw_iovec iovs[8];
#ifdef HW_SYSCALL
	__u32 why;		/* enum hw_why of the call */
	__u32 later;		/* bytes of the same call behind this chunk (sendmmsg, recvmmsg) */
#endif
};

struct scratch {
	struct hw_chunk e;
	__u8 data[HW_CAP_MAX + HW_BLOCK + 128];	/* directly behind e: they leave in one piece */
	struct walk w;
	struct hw_conn conn;
	struct hw_close close;	/* only so that BTF holds its layout for the test */
#ifdef HW_SYSCALL
	struct sock_state fresh;
#endif
};

/* One slot a direction, so that a program never meets the other one's; the third is the state program's, which
 * may interrupt them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct scratch);
} hw_scratch SEC(".maps");

const volatile __u32 cfg_head_budget = HW_HEAD_BUDGET;
/* 1 to 255, another one after each agent: the next one is told anew who is behind the sockets that it meets */
volatile __u8 hw_agent = 1;
/* chunks up to this size are sent whole once a head was found in them: then user space can walk
 * bodies' framing exactly and no second read for the tail is needed */
const volatile __u32 cfg_whole = HW_BLOCK;

static __always_inline void count(__u32 key, __u64 n)
{
	__u64 *p = bpf_map_lookup_elem(&hw_counters, &key);

	if (p)
		*p += n;
}

/* CLOSE is told in interrupts and, for Unix sockets, in task context: the one counter that both may touch. */
static __always_inline void count_close(__u32 key)
{
	__u64 *p = bpf_map_lookup_elem(&hw_counters, &key);

	if (p)
		__sync_fetch_and_add(p, 1);
}

#endif
