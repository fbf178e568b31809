/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* connection.bpf.h: who is behind a socket, its position in the streams, and its end. */
#ifndef HEADWATER_CONNECTION_BPF_H
#define HEADWATER_CONNECTION_BPF_H

/* Until one was delivered. In the send and receive programs only: there the current task is the
 * socket's user (at a state change it is whoever runs the softirq). */
static __noinline int put_conn(struct sock *sk, struct sock_state *st, struct scratch *s, __u32 mid)
{
	struct hw_conn *c = &s->conn;
	struct cgroup *group = sk->sk_cgrp_data.cgroup;

	c->type = HW_T_CONN;
	c->family = sk->__sk_common.skc_family;
	c->local_port = sk->__sk_common.skc_num;
	c->peer_port = bpf_ntohs(sk->__sk_common.skc_dport);
	c->flags = mid;
	c->ts_ns = s->e.ts_ns;
	c->sock = st->cookie;
	c->cgroup = group ? group->kn->id : 0;
	c->netns = sk->__sk_common.skc_net.net->net_cookie;
	c->tgid = s->e.tgid;
	c->uid = bpf_get_current_uid_gid();
	__builtin_memset(c->local_addr, 0, 32);
	if (c->family == AF_INET6) {
		bpf_probe_read_kernel(c->local_addr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(c->peer_addr, 16, &sk->__sk_common.skc_v6_daddr);
	} else if (c->family == AF_INET) {
		*(__u32 *)c->local_addr = sk->__sk_common.skc_rcv_saddr;
		*(__u32 *)c->peer_addr = sk->__sk_common.skc_daddr;
	} else {
		c->local_port = c->peer_port = 0;
	}
	bpf_get_current_comm(c->comm, sizeof(c->comm));
	c->start_ns = bpf_get_current_task_btf()->group_leader->start_boottime;
	c->netns_ino = sk->__sk_common.skc_net.net->ns.inum;
	c->pad = 0;
	if (bpf_ringbuf_output(&hw_ring, c, sizeof(*c), BPF_RB_NO_WAKEUP)) {
		count(HW_C_LOST_RECORDS, 1);
		return 0;
	}
	count(HW_C_RECORDS, 1);
	st->conn_sent = 1;
	return 0;
}

/*
 * The stream position of this chunk from tcp_sock, which also knows bytes that no hook reported
 * (splice from a socket). Returns how many bytes are missing before this chunk.
 */
static __always_inline __u32 position(struct sock *sk, struct sock_state *st, struct dir_state *d, __u32 dir, __u32 n)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 end, base, behind, missing = 0;

	if (!tp || tp->inet_conn.icsk_ulp_ops) {	/* kTLS: write_seq counts ciphertext */
		d->seen = 1;
		return 0;
	}
	st->srtt_us = tp->srtt_us >> 3;
	st->retrans = tp->total_retrans;
	end = dir == HW_RX ? tp->copied_seq : tp->write_seq;
	if (!d->seen) {
		/* bytes this socket carried before its first chunk that we see; the SYN counts one */
		base = dir == HW_RX ? tp->rcv_nxt - (__u32)tp->bytes_received : tp->snd_una - (__u32)tp->bytes_acked;
		behind = end - n - base;
		if ((__s32)behind > 1) {
			d->pos = behind;
			d->mid = HW_F_MID;
		}
		d->seen = 1;
	} else {
		missing = end - d->seq - n;
		if ((__s32)missing < 0)	/* two threads on one socket: the other one's chunk is reported next */
			missing = 0;
	}
	d->seq = end;
	return missing;
}

static __always_inline int closed(struct sock *sk, int old_state)
{
	struct sock_state *st = bpf_sk_storage_get(&hw_socks, sk, 0, 0);
	struct hw_close c = {};
	int err = sk->sk_err;

	if (!st)	/* never in scope; the ports are 0 by now and cannot tell */
		return 0;
	flush_length(st, HW_TX);
	flush_length(st, HW_RX);
	c.type = HW_T_CLOSE;
	if (err == ECONNRESET || err == EPIPE || err == ECONNREFUSED)
		c.how = HW_CLOSE_RST_RX;
	else if (err)
		c.how = HW_CLOSE_OTHER;
	else if (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT)
		c.how = HW_CLOSE_RST_TX;	/* no FIN was exchanged: the owner gave the connection up */
	else
		c.how = HW_CLOSE_FIN;
	c.sk_err = err;
	c.ts_ns = bpf_ktime_get_ns();
	c.sock = st->cookie;
	c.pos[HW_TX] = st->d[HW_TX].pos;
	c.pos[HW_RX] = st->d[HW_RX].pos;
	c.last_ns[HW_TX] = st->d[HW_TX].last_ns;
	c.last_ns[HW_RX] = st->d[HW_RX].last_ns;
	if (bpf_ringbuf_output(&hw_ring, &c, sizeof(c), BPF_RB_NO_WAKEUP))
		count(HW_C_LOST_CLOSES, 1);
	else
		count(HW_C_CLOSES, 1);
	return 0;
}

#endif
