/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* emit.bpf.h: records into the ring, with the account of what found no room. */
#ifndef HEADWATER_EMIT_BPF_H
#define HEADWATER_EMIT_BPF_H

/* No wake-up by default: waking the reader costs more than everything else here (it doubled the
 * server's CPU per exchange). When asked, at most one per CPU and 200 us above the mark. */
static __always_inline __u64 wake_flag(struct walk *w, const struct hw_control *control, __u64 now)
{
	__u32 mark = control->wake_bytes;

	if (!mark || bpf_ringbuf_query(&hw_ring, BPF_RB_AVAIL_DATA) < mark || now - w->woken_ns < 200000)
		return BPF_RB_NO_WAKEUP;
	w->woken_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline struct hw_control *control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&hw_control, &zero);
}

/* Sends s->e and the first `cap` bytes of data[]: the bytes [pos, pos + len) of the stream. 1: no room. */
static __noinline int put_data(struct scratch *s, struct dir_state *d, __u32 cap, __u32 more)
{
	struct walk *w = &s->w;
	struct hw_control *ctl = control();
	__u32 n = cap;

	if (!ctl)
		return 0;
	if (n > HW_CAP_MAX + HW_BLOCK)
		n = HW_CAP_MAX + HW_BLOCK;
	s->e.cap = n;
	s->e.flags = w->flags | more | (d->lost ? HW_F_LOST_BEFORE : 0) | d->mid;
	s->e.starts = w->starts;
	w->records++;
	if (w->starts)
		count(w->flags & HW_F_RESPONSE ? HW_C_START_RESPONSE : HW_C_START_REQUEST, w->starts);
	asm volatile("" : "+r"(n));
	if (n > HW_CAP_MAX + HW_BLOCK)
		return 0;
	if (!bpf_ringbuf_output(&hw_ring, &s->e, sizeof(s->e) + n, wake_flag(w, ctl, s->e.ts_ns))) {
		count(HW_C_RECORDS, 1);
		d->lost = 0;
		d->mid = 0;
		return 0;
	}
	count(HW_C_LOST_RECORDS, 1);
	count(HW_C_LOST_BYTES, n);
	if (w->starts)
		count(w->flags & HW_F_RESPONSE ? HW_C_LOST_START_RESPONSE : HW_C_LOST_START_REQUEST, w->starts);
	d->lost = 1;
	return 1;
}

/* Sends the length event in the making of one direction. The caller holds d->busy. */
static __noinline int put_length(struct sock_state *st, __u32 dir)
{
	struct dir_state *d = &st->d[dir & 1];
	struct hw_chunk e = {};

	if (!d->wait_chunks)
		return 0;
	e.type = HW_T_LEN;
	e.dir = dir;
	e.why = d->wait_why;
	e.tail_len = d->wait_tail_len;
	e.flags = d->wait_flags | (d->lost ? HW_F_LOST_BEFORE : 0) | d->mid;
	e.ts_ns = d->wait_last_ns;
	e.sock = st->cookie;
	e.pos = d->wait_pos;
	e.len = d->wait_len;
	e.ordinal = d->ordinal;
	e.chunks = d->wait_chunks;
	e.tgid = d->wait_tgid;
	*(__u64 *)e.tail = d->wait_tail;
	e.srtt_us = st->srtt_us;
	e.retrans = st->retrans;
	d->wait_chunks = 0;
	d->wait_len = 0;
	d->wait_flags = 0;
	d->wait_why = 0;
	d->wait_tail_len = 0;
	if (d->len_events < 0xffff)
		d->len_events++;
	if (bpf_ringbuf_output(&hw_ring, &e, sizeof(e), BPF_RB_NO_WAKEUP)) {
		count(HW_C_LOST_RECORDS, 1);
		d->lost = 1;
	} else {
		count(HW_C_RECORDS, 1);
		d->lost = 0;
		d->mid = 0;
	}
	return 0;
}

static __always_inline bool take(struct dir_state *d)
{
	return !__sync_val_compare_and_swap(&d->busy, 0, 1);
}

static __always_inline void release(struct dir_state *d)
{
	*(volatile __u32 *)&d->busy = 0;
}

static __always_inline void flush_length(struct sock_state *st, __u32 dir)
{
	struct dir_state *d = &st->d[dir & 1];

	if (!d->wait_chunks || !take(d))
		return;
	put_length(st, dir);
	release(d);
}

/* A chunk of which only the length is told: at once for the first HW_LEN_EVENTS of a message, then
 * coalesced. Told early again: at the end of a chunked body, and when a chunk is shorter than the
 * one before (the likely last one of a body) but at most once a millisecond. */
static __always_inline void add_length(struct sock_state *st, __u32 dir, __u32 len, __u32 flags, __u32 why,
				       __u32 tgid, __u64 now, __u64 tail, __u32 tail_len)
{
	struct dir_state *d = &st->d[dir & 1];

	/* the other direction is flushing this very moment: wait for it, a few instructions long */
	for (int i = 0; i < 64; i++) {
		if (take(d))
			goto taken;
	}
	d->lost = 1;
	count(HW_C_LOST_RECORDS, 1);
	return;
taken:
	/* a chunk that says more than a length starts an event of its own */
	if (d->wait_chunks && (flags != d->wait_flags || why != d->wait_why || d->wait_len > 1U << 30 ||
			       d->wait_pos + d->wait_len != d->pos - len || d->wait_chunks == 0xffff))
		put_length(st, dir);
	if (!d->wait_chunks) {
		d->wait_pos = d->pos - len;
		d->wait_first_ns = now;
	}
	d->wait_len += len;
	d->wait_chunks++;
	d->wait_last_ns = now;
	d->wait_tgid = tgid;
	d->wait_flags = flags;
	d->wait_why = why;
	d->wait_tail = tail;
	d->wait_tail_len = tail_len;
	if (d->len_events < HW_LEN_EVENTS || now - d->wait_first_ns >= HW_COALESCE_NS ||
	    (tail_len == 5 && (tail & 0xffffffffffULL) == 0x0a0d0a0d30ULL) ||
	    (len < d->wait_prev && now - d->wait_first_ns >= 1000000))
		put_length(st, dir);
	d->wait_prev = len;
	release(d);
}

#endif
