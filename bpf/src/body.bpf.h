/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * body.bpf.h: where a request's body ends, so that what is pipelined behind it is found without copying bodies. Only
 * requests that may have one are looked at: not GET and HEAD, and no responses, so the common chunk costs nothing more.
 * What is read here only says where to look for a start; what it is, framing in user space decides.
 */
#ifndef HEADWATER_BODY_BPF_H
#define HEADWATER_BODY_BPF_H

#define LOWER 0x2020202020202020ULL
#define CONTENT_ 0x2d746e65746e6f63ULL	/* "content-" as a little-endian word */
#define LENGTH_ 0x3a6874676e656c2dULL	/* "-length:" */

/* Of four places in a row in "-length" exactly one is hit when every fourth byte is looked at. */
static long scan_name(__u32 i, struct scratch **ctx)
{
	struct scratch *s = *ctx;
	struct walk *w = &s->w;
	__u32 o = w->scan_at, hit = 0, at;
	const __u8 *b = (const __u8 *)s + sizeof(struct hw_chunk);

	(void)i;
	if (o >= w->scan_to || o > HW_CAP_MAX + HW_BLOCK)
		return 1;
	w->scan_at = o + 64;
#pragma unroll
	for (__u32 k = 0; k < 64; k += 4) {
		__u32 x = *(__u32 *)(b + o + k) | (__u32)LOWER;

		if (x == 0x6e656c2d)		/* "-len" */
			hit = k + 12;
		else if (x == 0x676e656c)	/* "leng" */
			hit = k + 11;
		else if (x == 0x74676e65)	/* "engt" */
			hit = k + 10;
		else if (x == 0x6874676e)	/* "ngth" */
			hit = k + 9;
		else
			continue;
		break;
	}
	if (!hit)
		return 0;
	at = o + hit;	/* 19 behind where the field would begin: no negative offsets */
	if (at < 19)
		return 0;
	b += at - 19;
	w->scan_at = at - 3;
	/* b[-1], also in front of data[]: see head_end() */
	if (*(b - 1) == '\n' && b[14] == ':' && (*(__u64 *)b | LOWER) == CONTENT_ && (*(__u64 *)(b + 7) | LOWER) == LENGTH_) {
		w->found = at - 18;
		return 1;
	}
	return 0;
}

/*
 * Content-Length of the head data[from..to), into w->body. 0: there is none, or none that is a plain number.
 * Not static: see start_at().
 */
__noinline int content_length(struct scratch *s, __u32 from, __u32 to)
{
	__u64 value = 0;
	__u32 at, digits = 0;
	__u8 c;

	if (!s)
		return 0;
	s->w.found = 0;
	s->w.scan_at = from;
	s->w.scan_to = to;
	bpf_loop((HW_CAP_MAX + HW_BLOCK) / 4, scan_name, &s, 0);
	at = s->w.found;
	if (!at || at > HW_CAP_MAX + HW_BLOCK)
		return 0;
	at += 14;
	for (__u32 k = 0; k < 4; k++, at++) {
		c = s->data[at];
		if (c != ' ' && c != '\t')
			break;
	}
	for (__u32 k = 0; k < 15; k++, at++) {
		c = s->data[at];
		if (c < '0' || c > '9')
			break;
		value = value * 10 + (c - '0');
		digits++;
	}
	c = s->data[at];
	if (!digits || (c != '\r' && c != ' ' && c != '\t'))
		return 0;
	s->w.body = value;
	return 1;
}

/* May the request at data[at] have a body? CONNECT and PRI (HTTP/2) begin something else. */
static __always_inline bool may_have_body(struct scratch *s, __u32 at)
{
	__u32 word;

	if (at > HW_CAP_MAX + HW_BLOCK)
		return false;
	word = *(__u32 *)(s->data + at);
	return (__u8)word != 'G' && (__u8)word != 'H' && word != 0x4e4e4f43 /* CONN */ && word != 0x20495250 /* PRI */;
}

/* A request's head ended at data[end): notes where its body ends, or that the kernel does not know. */
static __always_inline void note_body(struct scratch *s, struct dir_state *d, __u32 from, __u32 end)
{
	if (content_length(s, from, end))
		d->body_end = s->e.pos + end + s->w.body;
	else
		d->take = cfg_head_budget;	/* chunked, or no body at all, or the field came in an earlier piece */
}

/* Bytes from data[at] to the end of the body under way, if something follows it in this chunk; else 0. */
static __always_inline __u64 body_left(struct scratch *s, struct dir_state *d, __u32 at)
{
	__u64 end = d->body_end, here = s->e.pos + at;

	return end > here && end < d->pos ? end - here : 0;
}

#endif
