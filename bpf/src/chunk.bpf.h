/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* chunk.bpf.h: one chunk of a socket in scope, in either mode: position, walk, what leaves. */
#ifndef HEADWATER_CHUNK_BPF_H
#define HEADWATER_CHUNK_BPF_H

static __always_inline int take_chunk(struct sock *sk, struct sock_state *st, struct scratch *s, __u32 family, int ret,
				      int msg_flags, const __u32 dir)
{
	struct step_ctx x;
	struct dir_state *d;
	struct task_struct *task;
	struct walk *w;
	__u32 missing, held, cap, hold, why;
	__u64 now;

	d = &st->d[dir & 1];
	w = &s->w;
	task = bpf_get_current_task_btf();
	now = bpf_ktime_get_ns();
	w->flags = 0;
	/* a chunk too short to tell ("GE") is kept for the next one only where a message may begin: after
	 * the other side spoke, or behind a GET. Else it would delay the end of a body such as "OK". */
	w->may_hold = !d->seen || st->last_dir != dir || d->held_len || d->fresh ||
		      d->body_end == d->pos;
	missing = position(sk, st, d, dir, ret, LATER(w));
	s->e.ts_ns = now;
	s->e.sock = st->cookie;
	s->e.tgid = task->tgid;
	if (st->conn_sent != hw_agent)
		put_conn(sk, st, s, d->mid);
	if (st->last_dir != dir) {
		flush_length(st, !dir);
		st->last_dir = dir;
	}
	held = d->held_len;
	if (missing) {
		count(HW_C_GAP, 1);
		if (held) {	/* what was held back stays a length */
			add_length(st, dir, held, 0, HW_U_NONE, s->e.tgid, now, 0, 0);
			held = 0;
		}
		d->pos += missing;
		d->mode = MODE_OPEN;
		w->flags |= HW_F_GAP;
	}
	if (held > METHOD_MAX)
		held = METHOD_MAX;
	d->held_len = 0;
	s->e.type = HW_T_DATA;
	s->e.dir = dir;
	s->e.tail_len = 0;
	s->e.chunks = 1;
	s->e.pos = d->pos - held;
	s->e.ordinal = d->ordinal;
	s->e.srtt_us = st->srtt_us;
	*(__u64 *)s->e.tail = 0;
	d->pos += ret;
	d->last_ns = now;
	w->starts = w->records = 0;
	w->left = ret;
	w->whole = (__u32)ret <= cfg_whole;
	w->at = w->head_at = 0;
	w->skip = 0;
	w->pos = held;
	w->mode = d->mode == MODE_HEAD ? WALK_HEAD : WALK_OPEN;
	why = buffer_of(task, w);
	if (dir == HW_RX && msg_flags & MSG_TRUNC && family != AF_UNIX)
		why = HW_U_TRUNC;
	s->e.why = why;
	if (why) {
		count(HW_C_UNREAD + why, 1);
		d->mode = MODE_OPEN;
		add_length(st, dir, ret + held, w->flags | HW_F_UNREAD, why, s->e.tgid, now, 0, 0);
		return 0;
	}
	s->e.retrans = d->behind;	/* look-behind of the scan */
	if (w->whole && !held && w->mode == WALK_OPEN && quick(st, s, d, ret))
		return 0;
	if (held)
		__builtin_memcpy(s->data, d->held, METHOD_MAX);
	x.s = s;
	x.d = d;
	w->retrans = st->retrans;
	if (d->body_end && body_left(s, d, 0))	/* records will leave from within the walk */
		flush_length(st, dir);
	if (bpf_loop(MAX_STEPS, step, &x, 0) >= MAX_STEPS) {
		w->flags |= HW_F_STEPS;
		count(HW_C_STEPS, 1);
		w->mode = WALK_BODY;
		w->whole = 0;
	}
	if (w->left && w->mode == WALK_HEAD)	/* an iovec could not be read */
		w->mode = WALK_BODY;
	/* what leaves: everything looked at; behind a head in a small chunk also the body's bytes */
	cap = w->at;
	hold = 0;
	if (w->mode == WALK_OPEN && !w->left) {
		hold = w->pos - cap;
		if (hold && !w->may_hold) {
			if (w->whole && (cap || d->take))
				cap = w->pos;
			hold = 0;
		}
		if (hold > METHOD_MAX || cap > HW_CAP_MAX + HW_BLOCK)
			return 0;
		if (hold) {
			__builtin_memcpy(d->held, s->data + cap, METHOD_MAX);
			d->held_len = hold;
		}
	}
	d->fresh = w->flags & HW_F_HEAD_END && d->no_body && !w->left && cap == w->pos;
	d->mode = w->mode == WALK_HEAD ? MODE_HEAD : MODE_OPEN;
	if (d->mode == MODE_HEAD && cap && cap <= HW_CAP_MAX + HW_BLOCK)
		d->behind = *(__u32 *)((__u8 *)s + sizeof(s->e) - 4 + cap);
	s->e.len = d->pos - hold - s->e.pos;
	if (!s->e.len)
		return 0;
	/* a body's bytes were read but stay here: only their end is told */
	if (s->e.len > cap && !(w->flags & HW_F_FAULT)) {
		__u64 tail = 0;
		__u32 n = 0, pos = w->pos;

		if (!w->left && pos >= 5 && pos <= HW_CAP_MAX + HW_BLOCK) {
			__builtin_memcpy(&tail, s->data + pos - 5, 5);
			n = 5;
		} else if (w->left) {
			n = read_tail(w, (__u8 *)&tail);
		}
		s->e.tail_len = n;
		*(__u64 *)s->e.tail = tail;
		if (n)
			w->flags |= HW_F_TAIL;
	}
	if (!cap && !w->starts && !w->records) {
		__u64 tail = *(__u64 *)s->e.tail;

		add_length(st, dir, s->e.len, w->flags, HW_U_NONE, s->e.tgid, now, tail, s->e.tail_len);
		return 0;
	}
	flush_length(st, dir);
	s->e.retrans = st->retrans;
	put_data(s, d, cap, 0);
	return 0;
}

#endif
