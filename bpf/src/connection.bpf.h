/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* connection.bpf.h: who is behind a socket, its position in the streams, and its end. */
#ifndef HEADWATER_CONNECTION_BPF_H
#define HEADWATER_CONNECTION_BPF_H

/* Until one was delivered to the agent there is. In the send and receive programs only: there the current task is the
 * socket's user (at a state change it is whoever runs the softirq). */
static __noinline int put_conn(struct sock *sk, struct sock_state *st, struct scratch *s, __u32 mid)
{
	struct hw_conn *c = &s->conn;
	struct cgroup *group = GET(sk, sk_cgrp_data.cgroup);
	struct net *net = GET(sk, __sk_common.skc_net.net);

	c->type = HW_T_CONN;
	c->family = GET(sk, __sk_common.skc_family);
	c->local_port = GET(sk, __sk_common.skc_num);
	c->peer_port = bpf_ntohs(GET(sk, __sk_common.skc_dport));
	c->flags = st->conn_sent ? HW_F_MID : mid;
	c->ts_ns = s->e.ts_ns;
	c->sock = st->cookie;
	c->cgroup = group ? GET2(group, kn, id) : 0;
	c->netns = GET(net, net_cookie);
	c->tgid = s->e.tgid;
	c->uid = bpf_get_current_uid_gid();
	__builtin_memset(c->local_addr, 0, 32);
	if (c->family == AF_INET6) {
		bpf_probe_read_kernel(c->local_addr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(c->peer_addr, 16, &sk->__sk_common.skc_v6_daddr);
	} else if (c->family == AF_INET) {
		*(__u32 *)c->local_addr = GET(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)c->peer_addr = GET(sk, __sk_common.skc_daddr);
	} else {
		c->local_port = c->peer_port = 0;
	}
	bpf_get_current_comm(c->comm, sizeof(c->comm));
	c->start_ns = bpf_get_current_task_btf()->group_leader->start_boottime;
	c->netns_ino = GET(net, ns.inum);
	c->pad = 0;
	if (st->conn_sent) {	/* for this agent both streams begin here */
		st->d[HW_TX].mid = st->d[HW_TX].seen ? HW_F_MID : 0;
		st->d[HW_RX].mid = st->d[HW_RX].seen ? HW_F_MID : 0;
	}
	if (bpf_ringbuf_output(&hw_ring, c, sizeof(*c), BPF_RB_NO_WAKEUP)) {
		count(HW_C_LOST_RECORDS, 1);
		return 0;
	}
	count(HW_C_RECORDS, 1);
	st->conn_sent = hw_agent;
	return 0;
}

/*
 * The stream position of this chunk from tcp_sock, which also knows bytes that no hook reported
 * (splice from a socket). `later` bytes of the same call follow this chunk. Returns how many bytes
 * are missing before this chunk.
 */
#ifdef HW_SYSCALL
#define LATER(w) ((w)->later)
#define tcp_of(sk, st) ((st)->kind & KIND_TCP ? (struct tcp_sock *)(sk) : NULL)
#else
#define LATER(w) 0
#define tcp_of(sk, st) bpf_skc_to_tcp_sock(sk)
#endif
static __always_inline __u32 position(struct sock *sk, struct sock_state *st, struct dir_state *d, __u32 dir, __u32 n,
				      __u32 later)
{
	struct tcp_sock *tp = tcp_of(sk, st);
	__u32 end, base, behind, missing = 0;

	if (!tp || GET(tp, inet_conn.icsk_ulp_ops)) {	/* kTLS: write_seq counts ciphertext */
		d->seen = 1;
		return 0;
	}
	st->srtt_us = GET(tp, srtt_us) >> 3;
	st->retrans = GET(tp, total_retrans);
	end = (dir == HW_RX ? GET(tp, copied_seq) : GET(tp, write_seq)) - later;
	if (!d->seen) {
		/* bytes this socket carried before its first chunk that we see; the SYN counts one */
		base = dir == HW_RX ? GET(tp, rcv_nxt) - (__u32)GET(tp, bytes_received) :
				      GET(tp, snd_una) - (__u32)GET(tp, bytes_acked);
		behind = end - n - base;
		if ((__s32)behind > 1) {
			d->pos = behind;
			d->mid = HW_F_MID;
		}
		d->seen = 1;
	} else {
		missing = end - d->seq - n;
		/* a FIN that was taken with the data counts one in copied_seq */
		if (missing == 1 && dir == HW_RX && GET(sk, sk_shutdown) & 1 /* RCV_SHUTDOWN */)
			missing = 0;
		if ((__s32)missing < 0)	/* two threads on one socket: the other one's chunk is reported next */
			missing = 0;
	}
	d->seq = end;
	return missing;
}

static __always_inline int put_close(struct sock_state *st, __u32 how, __u32 err)
{
	struct hw_close c = {};

	flush_length(st, HW_TX);
	flush_length(st, HW_RX);
	c.type = HW_T_CLOSE;
	c.how = how;
	c.sk_err = err;
	c.ts_ns = bpf_ktime_get_ns();
	c.sock = st->cookie;
	c.pos[HW_TX] = st->d[HW_TX].pos;
	c.pos[HW_RX] = st->d[HW_RX].pos;
	c.last_ns[HW_TX] = st->d[HW_TX].last_ns;
	c.last_ns[HW_RX] = st->d[HW_RX].last_ns;
	if (bpf_ringbuf_output(&hw_ring, &c, sizeof(c), BPF_RB_NO_WAKEUP))
		count_close(HW_C_LOST_CLOSES);
	else
		count_close(HW_C_CLOSES);
	return 0;
}

/*
 * A Unix stream socket has no state tracepoint: its end is a receive that returns 0. The peer may only
 * have shut down its sending side (SHUT_WR) and wait for the answer; then this is no end yet.
 */
static __always_inline int unix_end(struct sock *sk, struct sock_state *st)
{
	if (!st || st->ended)
		return 0;
	if (GET(sk, sk_shutdown) != SHUTDOWN_BOTH && st->last_dir != HW_TX)
		return 0;
	st->ended = 1;
	return put_close(st, HW_CLOSE_FIN, 0);
}

static __always_inline int closed(struct sock *sk, int old_state)
{
	struct sock_state *st = known(sk);
	int err = sk->sk_err;
	__u32 how;

	if (!st)	/* never in scope; the ports are 0 by now and cannot tell */
		return 0;
	if (err == ECONNRESET || err == EPIPE || err == ECONNREFUSED)
		how = HW_CLOSE_RST_RX;
	else if (err)
		how = HW_CLOSE_OTHER;
	else if (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT)
		how = HW_CLOSE_RST_TX;	/* no FIN was exchanged: the owner gave the connection up */
	else
		how = HW_CLOSE_FIN;
	return put_close(st, how, err);
}

#endif
