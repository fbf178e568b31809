import { EventColumnsBuilder } from '@headwater/header-event';
import type { EventRow } from '@headwater/header-event';
import { describe, expect, it } from 'vitest';
import { globMatcher } from './glob.ts';
import { Row } from './row.ts';
import { byteCount, parseWhere } from './where.ts';

const MS = 1_000_000;
const base: EventRow = {
  'service.name': 'shop',
  'http.request.method': 'GET',
  'url.path': '/v1/items/{int}',
  'http.route': '/v1/items/{int}',
  'http.response.status_code': 503,
  'headwater.role': 'client',
  'headwater.ttfb_ns': 40 * MS,
  'headwater.total_ns': 150 * MS,
  'http.response.size': 2_048,
  'http.request.headers': [
    { name: 'User-Agent', value: 'curl/8.5.0, a' },
    { name: 'Authorization', value: '', action: 'presence' },
  ],
  'http.response.headers': [{ name: 'X-Cache', value: 'HIT' }],
};
const rowOf = (more: EventRow = {}): Row => new Row(new EventColumnsBuilder().add({ ...base, ...more }).finish(), 'web-1');
const matches = (where: string | string[], more: EventRow = {}): boolean => parseWhere(typeof where === 'string' ? [where] : where)(rowOf(more));

describe('where', () => {
  it.each([
    'method=GET',
    'method=get',
    'status=503',
    'status=5xx',
    'status=500-599',
    'status!=200',
    'status!=4xx',
    'status>=500',
    'status<600',
    'path=/v1/*',
    'path=*items*',
    'route=/v1/items/{int}',
    'service=shop',
    'service=s*p',
    'service!=stock',
    'host=web-1',
    'role=client',
    'error=',
    'latency>100ms',
    'latency>=150ms',
    'latency<0.2s',
    'latency=100ms-200ms',
    'ttfb<=40000us',
    'bytes>1k',
    'bytes=2048',
    'header.user-agent=curl*',
    'header.User-Agent=curl/8.5.0\\, a',
    'header.authorization=*',
    'header.authorization!=Bearer*',
    'header.x-cache=HIT',
    'header.x-none!=*',
    'method=GET,status=5xx,path=/v1/*,service=shop,host=web-1,role=client,header.user-agent=curl*,latency>100ms',
    ' method = GET , status = 5xx ',
  ])('%s holds', (where) => expect(matches(where)).toBe(true));

  it.each([
    'method=POST',
    'method!=GET',
    'status=200',
    'status=2xx',
    'status=200-299',
    'status!=500-599',
    'status<503',
    'status>503',
    'path=/v2/*',
    'path=/v1',
    'path=v1',
    'host=web-2',
    'role=server',
    'latency>150ms',
    'latency<150ms',
    'bytes>1M',
    'header.user-agent=Curl*',
    'header.authorization=Bearer*',
    'header.x-cache!=HIT',
    'header.x-none=*',
    'method=GET,status=2xx',
  ])('%s does not', (where) => expect(matches(where)).toBe(false));

  it('joins terms by and, several texts by or', () => {
    expect(matches(['status=2xx', 'method=GET,latency>100ms'])).toBe(true);
    expect(matches(['status=2xx', 'method=GET,latency>1s'])).toBe(false);
    expect(parseWhere([])(rowOf())).toBe(true);
  });

  it('a time that is not known is neither long nor short', () => {
    const unknown = { 'headwater.total_ns': -1 };
    expect(matches('latency>0ms', unknown)).toBe(false);
    expect(matches('latency<10s', unknown)).toBe(false);
    expect(matches('status=0', { 'http.response.status_code': 0 })).toBe(true);
  });

  it.each([
    ['colour=red', /there is no field colour; the fields are method, path/],
    ['GET', /write it as FIELD=VALUE/],
    ['status=abc', /abc is no value of status; write it like 404, 5xx, 200-299/],
    ['status=599-500', /is no value of status/],
    ['latency>100', /100 is no value of latency; write it like 100ms/],
    ['latency>', /a value is missing/],
    ['method>GET', /method is text/],
    ['header.x>1', /header is compared with = or !=/],
    ['role=proxy', /role is server or client/],
    ['', /holds no term/],
    [' , ', /holds no term/],
  ])('%s is refused with the fix', (where, message) => expect(() => parseWhere([where])).toThrow(message));
});

describe('globs', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['a*b*c', 'acbc', true],
    ['a*b*bc', 'abc', false],
    ['a.c', 'abc', false],
    ['[a]', '[a]', true],
  ])('%s and %s: %s', (pattern, text, expected) => expect(globMatcher(pattern)(text)).toBe(expected));

  it('takes no exponential time', () => {
    const began = performance.now();
    expect(globMatcher(`${'*a'.repeat(40)}b`)('a'.repeat(50_000))).toBe(false);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

it('reads sizes', () => {
  expect(['1000', '4k', '1.5M', '1GiB', '12', 'x', '-1', ''].map(byteCount)).toEqual([1000, 4096, 1_572_864, 1 << 30, 12, null, null, null]);
});
