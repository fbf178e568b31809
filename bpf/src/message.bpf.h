/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* message.bpf.h: where an HTTP/1 message starts and where its head ends, in bytes already copied. */
#ifndef HEADWATER_MESSAGE_BPF_H
#define HEADWATER_MESSAGE_BPF_H

enum start { START_NO, START_MAYBE, START_REQUEST, START_RESPONSE };

/* RFC 9110 tchar without a-z, as bits: ! # $ % & ' * + - . 0-9 | A-Z ^ _ ` | ~ */
#define TCHAR_LOW 0x03ff6cfa00000000ULL
#define TCHAR_HIGH 0x50000001c7fffffeULL

#define BEGINS_HTTP1 0x002e312f50545448ULL	/* "HTTP/1." as a little-endian word */

#define CRLF_CRLF 0x0a0d0a0d

/* Does data[at..to) begin with an upper-case method and a space, or with "HTTP/1."?
 * Not static: the verifier then walks it once by itself and not once a call and state. */
__noinline int start_at(struct scratch *s, __u32 at, __u32 to)
{
	__u32 have = to - at;
	__u64 word;

	if (!s || at > HW_CAP_MAX + HW_BLOCK || !have)
		return START_MAYBE;
	word = *(__u64 *)(s->data + at);
	if (have >= 7) {
		if (!((word ^ BEGINS_HTTP1) & 0x00ffffffffffffffULL))
			return START_RESPONSE;
	} else if (!((word ^ BEGINS_HTTP1) & ((1ULL << (have * 8)) - 1))) {
		return START_MAYBE;
	}
	if ((__u8)word < 'A' || (__u8)word > 'Z')
		return START_NO;
	for (__u32 k = 1; k <= METHOD_MAX; k++) {
		__u8 c = s->data[at + k];

		if (k >= have)
			return START_MAYBE;
		if (c == ' ')
			return START_REQUEST;
		if (c > 127 || !((c < 64 ? TCHAR_LOW : TCHAR_HIGH) >> (c & 63) & 1))
			return START_NO;
	}
	return START_NO;
}

/*
 * CRLF CRLF holds exactly one index of every four, so looking at every fourth byte is enough;
 * only where that byte is a control character the four possible places are compared.
 */
static long scan_64(__u32 i, struct scratch **ctx)
{
	struct scratch *s = *ctx;
	struct walk *w = &s->w;
	__u32 o = w->scan_at, to = w->scan_to;
	const __u8 *b = (const __u8 *)s;

	(void)i;
	if (o >= to || o > HW_CAP_MAX + HW_BLOCK)
		return 1;
	b += o;
#pragma unroll
	for (__u32 k = 0; k < 64; k += 4) {
		if (b[sizeof(struct hw_chunk) + k] > '\r')
			continue;
		__u64 x = *(__u64 *)(b + sizeof(struct hw_chunk) - 3 + k);
		__u32 p;

		if ((__u32)x == 0x0a0d0a0d)
			p = o + k;
		else if ((__u32)(x >> 8) == 0x0a0d0a0d)
			p = o + k + 1;
		else if ((__u32)(x >> 16) == 0x0a0d0a0d)
			p = o + k + 2;
		else if ((__u32)(x >> 24) == 0x0a0d0a0d)
			p = o + k + 3;
		else
			continue;
		if (p < to)
			w->found = p + 1;
		return 1;
	}
	w->scan_at = o + 64;
	return 0;
}

/* Index behind the first CRLF CRLF that ends in data[from..to), or 0. The four bytes in front of
 * data[] (e.retrans, written only when the record leaves) hold what came before. */
static __always_inline __u32 head_end(struct scratch *s, __u32 from, __u32 to)
{
	s->w.found = 0;
	s->w.scan_at = from;
	s->w.scan_to = to;
	bpf_loop((HW_CAP_MAX + HW_BLOCK) / 64 + 1, scan_64, &s, 0);
	return s->w.found;
}

#endif
