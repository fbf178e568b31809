/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* walk.bpf.h: one chunk, block by block: what starts in it, what is captured of it. */
#ifndef HEADWATER_WALK_BPF_H
#define HEADWATER_WALK_BPF_H

/* WALK_OPEN: the bytes at w->at may start a message; WALK_HEAD: inside a head; WALK_BODY: neither;
 * WALK_SKIP: neither, but the body ends further on in this chunk and something follows it */
enum walk_mode { WALK_OPEN, WALK_HEAD, WALK_BODY, WALK_SKIP };

/* A step is a block, a segment or half a head: a chunk may hold hundreds of pipelined requests. */
#define MAX_STEPS 2048

struct step_ctx {
	struct scratch *s;
	struct dir_state *d;
};

/* data[at] starts nothing, so it is a body's. Returns 1 when the walk is over. */
static __always_inline int in_body(struct scratch *s, struct dir_state *d, struct walk *w, __u32 at, __u32 pos)
{
	__u64 n = body_left(s, d, at);

	w->mode = WALK_BODY;
	if (n) {
		w->may_hold = 1;
		if (n <= pos - at) {
			d->body_end = 0;
			w->mode = WALK_OPEN;
			w->at = at + n;
		} else if (w->whole && w->flags & HW_F_HEAD_END) {
			w->at = pos;
		} else {
			w->skip = n - (pos - at);
			w->mode = WALK_SKIP;
		}
		return 0;
	}
	if (d->take && !d->body_end) {	/* framing walks it: the whole chunk, or the first block of a large one */
		n = w->left + pos - at;
		if (n <= HW_CAP_MAX && n <= d->take) {
			d->take -= n;
			w->whole = WHOLE_BODY;
			return 0;
		}
		d->take = 0;
		if (!(w->flags & HW_F_HEAD_END))
			w->at = pos;
		return 1;
	}
	return !w->whole || !(w->flags & HW_F_HEAD_END);	/* no need of bytes behind a head in a large chunk */
}

/* Looks at data[at..pos). Returns 1 when the walk is over. */
static __always_inline int look(struct scratch *s, struct dir_state *d, struct walk *w)
{
	__u32 at = w->at, pos = w->pos, end;

	if (w->mode == WALK_OPEN) {
		int r = start_at(s, at, pos);

		if (r == START_MAYBE && !body_left(s, d, at))
			return -1;
		if (r <= START_MAYBE)
			return in_body(s, d, w, at, pos);
		if (!w->starts && r == START_RESPONSE)
			w->flags |= HW_F_RESPONSE;
		w->starts++;
		d->ordinal++;
		if (!at) {
			w->flags |= HW_F_START;
			s->e.ordinal = d->ordinal;
		}
		/* behind a GET or HEAD only another request can follow; else "OK" may well be a body */
		d->no_body = r == START_REQUEST && at <= HW_CAP_MAX + HW_BLOCK &&
			     (s->data[at] == 'G' || s->data[at] == 'H');
		w->may_hold = d->no_body;
		d->may_body = r == START_REQUEST && may_have_body(s, at);
		d->body_end = d->take = 0;
		w->head_at = at;
		d->budget = cfg_head_budget;
		d->len_events = 0;
		w->mode = WALK_HEAD;
	}
	if (w->mode == WALK_HEAD) {
		end = head_end(s, at, pos);
		if (end) {
			if (d->may_body)
				note_body(s, d, w->head_at, end);
			w->flags |= HW_F_HEAD_END;
			w->mode = WALK_OPEN;
			w->at = end;
			return 0;
		}
		end = pos - at;
		d->budget = d->budget > end ? d->budget - end : 0;
	} else if (d->body_end) {
		__u64 n = body_left(s, d, at);

		if (n && n <= pos - at) {
			d->body_end = 0;
			w->mode = WALK_OPEN;
			w->at = at + n;
			return 0;
		}
	}
	w->at = pos;
	return 0;
}

/* The record ends with the body; the next one begins where that ends. */
static __always_inline int skip_body(struct scratch *s, struct dir_state *d, struct walk *w)
{
	s->e.len = d->body_end - s->e.pos;
	s->e.retrans = w->retrans;
	put_data(s, d, w->at, 0);
	s->e.pos = d->body_end;
	s->e.ordinal = d->ordinal;
	s->e.retrans = 0;
	d->body_end = 0;
	w->flags = w->starts = 0;
	w->pos = w->at = w->head_at = 0;
	w->mode = WALK_OPEN;
	return 0;
}

/* A full record leaves; bytes that are not decided yet move to the front. */
static __always_inline int turn_over(struct scratch *s, struct dir_state *d, struct walk *w)
{
	__u32 at = w->at, kept = w->pos - at, behind;

	if (at > HW_CAP_MAX + HW_BLOCK || kept > METHOD_MAX)
		return 1;
	__builtin_memcpy(d->held, s->data + at, METHOD_MAX);
	s->e.len = at;
	behind = at ? *(__u32 *)((__u8 *)s + sizeof(s->e) - 4 + at) : s->e.retrans;
	s->e.retrans = w->retrans;
	put_data(s, d, at, HW_F_MORE);
	s->e.retrans = behind;
	s->e.pos += at;
	__builtin_memcpy(s->data, d->held, METHOD_MAX);
	w->flags = 0;
	w->starts = 0;
	w->pos = kept;
	w->at = w->head_at = 0;
	s->e.ordinal = d->ordinal;
	return 0;
}

static long step(__u32 i, struct step_ctx *x)
{
	struct scratch *s = x->s;
	struct dir_state *d = x->d;
	struct walk *w = &s->w;
	__u32 n, pos;

	(void)i;
	if (w->mode == WALK_SKIP)
		return skip_body(s, d, w);
	if (w->at < w->pos) {
		int r = look(s, d, w);

		if (r >= 0)
			return r;
	}
	if (!w->left)
		return 1;
	if (w->pos >= HW_CAP_MAX)
		return turn_over(s, d, w);
	if (!w->seg_left)
		return next_segment(w);
	if (w->skip) {
		__u64 k = w->skip < w->seg_left ? w->skip : w->seg_left;

		if (k > w->left)
			return 1;
		w->seg += k;
		w->seg_left -= k;
		w->left -= k;
		w->skip -= k;
		return 0;
	}
	n = w->left;
	if (n > w->seg_left)
		n = w->seg_left;
	if (n > HW_BLOCK)
		n = HW_BLOCK;
	if (w->mode == WALK_HEAD && n > d->budget) {
		n = d->budget;
		if (!n) {
			w->flags |= HW_F_OVER;
			count(HW_C_OVER, 1);
			w->mode = WALK_BODY;
			w->whole = 0;
			return 1;
		}
	}
	pos = w->pos;
	asm volatile("" : "+r"(n), "+r"(pos));
	if (!n || n > HW_BLOCK || pos > HW_CAP_MAX)
		return 1;
	if (bpf_probe_read_user(s->data + pos, n, (void *)w->seg)) {
		w->flags |= HW_F_FAULT;
		count(HW_C_FAULT, 1);
		w->mode = WALK_BODY;
		w->whole = 0;
		return 1;
	}
	w->seg += n;
	w->seg_left -= n;
	w->left -= n;
	w->pos = pos + n;
	return 0;
}

static long count_step(__u32 i, struct step_ctx *x)
{
	struct walk *w = &x->s->w;

	(void)i;
	return w->at >= w->pos || look(x->s, x->d, w);
}

/* A record that quick() sent as one start found no room: what it holds is counted now, so that the
 * account of lost starts is exact. */
static __noinline int count_lost(struct scratch *s, struct dir_state *d, __u32 pos)
{
	struct step_ctx x = { s, d };
	struct walk *w = &s->w;
	__u32 request = !(w->flags & HW_F_RESPONSE);

	w->mode = WALK_OPEN;
	w->whole = 1;
	w->at = 0;
	w->pos = pos;
	w->starts = 0;
	d->ordinal--;
	s->e.retrans = 0;	/* nothing in front of the first byte */
	bpf_loop(HW_BLOCK / 16, count_step, &x, 0);
	if (w->starts > 1) {
		count(request ? HW_C_START_REQUEST : HW_C_START_RESPONSE, w->starts - 1);
		count(request ? HW_C_LOST_START_REQUEST : HW_C_LOST_START_RESPONSE, w->starts - 1);
	}
	return 0;
}

/*
 * The common chunk, without the loop: small, a message at its first byte, and the end of a head at
 * the end of it or of its first buffer (writev of a head and a body). It leaves as one start without
 * a look at the bytes between: what is pipelined in there is found by framing in user space, or
 * counted here should the record be lost. 1: done. Else the loop goes on with what was read.
 */
static __always_inline int quick(struct sock_state *st, struct scratch *s, struct dir_state *d, __u32 len)
{
	struct walk *w = &s->w;
	__u32 n = len, rest, end = 0, all = len;
	bool body;
	int r;

	if (!w->seg_left && next_segment(w))
		return 0;
	if (n > w->seg_left)
		n = w->seg_left;
	asm volatile("" : "+r"(n));
	if (n < 16 || n > HW_BLOCK)
		return 0;
	if (bpf_probe_read_user(s->data, n, (void *)w->seg))
		return 0;
	rest = all - n;
	w->seg += n;
	w->seg_left -= n;
	w->left = rest;
	w->pos = n;
	r = start_at(s, 0, n);
	if (r < START_REQUEST)
		return 0;
	if (*(__u32 *)((__u8 *)s + sizeof(s->e) - 4 + n) != CRLF_CRLF) {	/* a head and its body by one write? */
		if (rest)
			return 0;
		end = head_end(s, 0, n);
		if (!end || start_at(s, end, n) != START_NO)
			return 0;
	} else if (rest) {
		if (w->seg_left || next_segment(w) || rest > w->seg_left)
			return 0;
		asm volatile("" : "+r"(rest));
		if (!rest || rest > HW_BLOCK)
			return 0;
		if (bpf_probe_read_user(s->data + n, rest, (void *)w->seg))
			return 0;
		w->seg += rest;
		w->seg_left -= rest;
		w->left = 0;
		w->pos = all;
		if (start_at(s, n, n + rest) != START_NO)
			return 0;
	}
	body = r == START_REQUEST && may_have_body(s, 0);
	d->body_end = d->take = 0;
	if (body) {
		if (!end)
			end = head_end(s, 0, n);
		note_body(s, d, 0, end);
		if (d->body_end && d->body_end < d->pos)	/* something is pipelined behind it */
			return 0;
	}
	d->may_body = body;
	w->flags |= HW_F_START | HW_F_HEAD_END | (r == START_RESPONSE ? HW_F_RESPONSE : 0);
	w->starts = 1;
	d->ordinal++;
	d->len_events = 0;
	d->no_body = d->fresh = r == START_REQUEST && (s->data[0] == 'G' || s->data[0] == 'H');
	s->e.ordinal = d->ordinal;
	s->e.len = all;
	flush_length(st, s->e.dir);
	s->e.retrans = st->retrans;
	if (put_data(s, d, all, 0))
		count_lost(s, d, all);
	return 1;
}

#endif
