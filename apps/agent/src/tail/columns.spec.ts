import { EventColumnsBuilder } from '@headwater/header-event';
import type { EventRow } from '@headwater/header-event';
import { expect, it } from 'vitest';
import { Columns, bytes, duration, printable } from './columns.ts';
import { Row } from './row.ts';

const MS = 1_000_000;
const rowOf = (more: EventRow): Row =>
  new Row(
    new EventColumnsBuilder()
      .add({
        start_time: BigInt(new Date(2026, 0, 2, 3, 4, 5, 67).getTime()) * 1_000_000n,
        'service.name': 'shop',
        'http.request.method': 'GET',
        'url.path': '/items',
        'http.response.status_code': 200,
        'headwater.ttfb_ns': 12.34 * MS,
        'headwater.total_ns': 1_234 * MS,
        'http.response.size': 45_678,
        ...more,
      })
      .finish(),
    'h',
  );
const plain = new Columns({ colour: false, headers: false });

it('every line has its fields under the heading', () => {
  const heading = plain.heading;
  const line = plain.exchange(rowOf({}));
  expect(line).toMatch(/^03:04:05\.067 shop {11}in {2}GET {5}\/items +200 {2}12\.3ms {3}1\.23s {3}45\.7k\n$/);
  for (const [name, value] of [
    ['PATH', '/items'],
    ['METHOD', 'GET'],
    ['SERVICE', 'shop'],
  ] as const)
    expect(line.indexOf(value)).toBe(heading.indexOf(name));
  expect(line.length).toBe(heading.length);
  const long = plain.exchange(rowOf({ 'url.path': `/${'x'.repeat(500)}`, 'service.name': 'a-service-with-a-long-name' }));
  expect(long.length).toBe(heading.length);
  expect(long).toContain('a-service-wit…');
});

it('fills the terminal', () => {
  expect(new Columns({ width: 160, colour: false, headers: false }).exchange(rowOf({})).length).toBe(161);
});

it('says why there was no response', () => {
  const line = plain.exchange(
    rowOf({ 'http.response.status_code': 0, 'error.type': 'connection_reset', 'headwater.ttfb_ns': -1, 'headwater.total_ns': -1, 'http.response.size': -1 }),
  );
  expect(line).toMatch(/ {5}- {7}- {7}- {7}- {2}connection_reset\n$/);
});

it('a long exchange is open at first, and ended later', () => {
  expect(plain.exchange(rowOf({ 'headwater.phase': 'begin', 'headwater.total_ns': -1, 'http.response.size': -1 }))).toMatch(/ 200 {2}12\.3ms {4}open {7}-\n$/);
  const end: EventRow = { 'headwater.phase': 'end', 'url.path': '', 'http.route': '/events', 'headwater.ttfb_ns': -1, 'http.response.size': -1, 'http.response.body.size': 512 };
  expect(plain.exchange(rowOf(end))).toMatch(/ GET {5}\/events +200 {7}- {3}1\.23s {5}512 {2}ended\n$/);
  expect(plain.exchange(rowOf({ ...end, 'error.type': 'connection_reset' }))).toMatch(/ {2}ended: connection_reset\n$/);
});

it('only a 5xx is red, and only with colour', () => {
  const colour = new Columns({ colour: true, headers: false });
  expect(colour.exchange(rowOf({ 'http.response.status_code': 502 }))).toMatch(/^\u001b\[31m.*\u001b\[39m\n$/);
  expect(colour.exchange(rowOf({ 'http.response.status_code': 404 }))).not.toContain('\u001b');
  expect(plain.exchange(rowOf({ 'http.response.status_code': 502 }))).not.toContain('\u001b');
});

it('shows header fields as the host let them leave', () => {
  const columns = new Columns({ colour: false, headers: true });
  const text = columns.exchange(
    rowOf({
      'http.request.headers': [
        { name: 'Host', value: 'a' },
        { name: 'Cookie', value: '', action: 'presence' },
        { name: 'X-Key', value: '9f', action: 'hash' },
      ],
      'http.response.headers': [{ name: 'Server', value: 'nginx' }],
    }),
  );
  expect(text.split('\n').slice(1)).toEqual(['    > Host: a', '    > Cookie: (presence)', '    > X-Key: 9f (hash)', '    < Server: nginx', '']);
});

it('nothing of the wire steers the terminal', () => {
  const evil = '\u001b]0;owned\u0007\r\n\u009b31m\u202e';
  const columns = new Columns({ colour: false, headers: true });
  const text = columns.exchange(
    rowOf({ 'service.name': evil, 'http.request.method': evil, 'url.path': evil, 'error.type': evil, 'http.request.headers': [{ name: evil, value: evil }] }),
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(text.split('\n')).toHaveLength(3);
  expect(printable('a\u001bb')).toBe('a\\x1bb');
});

it('durations and sizes have three digits', () => {
  expect([0, 900, 1_500, 99_949, 999_499, 999_500, 1e9, 75e9, 9_000e9, 36_000e9, -1].map(duration)).toEqual([
    '0.00us',
    '0.90us',
    '1.50us',
    '99.9us',
    '999us',
    '1.00ms',
    '1.00s',
    '75.0s',
    '9000s',
    '10h',
    '-',
  ]);
  expect([-1, 0, 999, 1_000, 999_499, 999_500, 12_345_678, 2e12].map(bytes)).toEqual(['-', '0', '999', '1.00k', '999k', '1.00M', '12.3M', '2.00T']);
});
