import { describe, expect, it } from 'vitest';
import { comparable, shownValue, valueText } from './value.ts';

const field = (value: string, action: string) => ({ name: 'x', value, action });

describe('a value is shown as what it is', () => {
  it('kept, empty, present, shape, fingerprint', () => {
    expect(shownValue(field('a=b', 'keep'))).toEqual({ kind: 'text', text: 'a=b' });
    expect(shownValue(field('', 'keep'))).toEqual({ kind: 'empty' });
    expect(shownValue(field('', 'presence'))).toEqual({ kind: 'present' });
    expect(shownValue(field('present', 'summary'))).toEqual({ kind: 'present' });
    expect(shownValue(field('aaa-000', 'mask'))).toEqual({ kind: 'shape', text: 'aaa-000' });
    expect(valueText(field('k1:3f2a', 'hash'))).toBe('fingerprint k1:3f2a');
    expect(shownValue(field('whatever', 'of tomorrow'))).toEqual({ kind: 'present' });
  });

  it('a bearer token: scheme, fingerprint and the facts of the JWT', () => {
    const v = 'Bearer fp=k1:00ff jwt alg=HS256 iss=https://id.example aud=shop,api exp_s=-3600 scope=read,write';
    expect(valueText(field(v, 'summary'))).toBe(
      'Bearer, fingerprint k1:00ff, JWT signed with HS256, issuer https://id.example, audience shop, api, expired 1\u00a0h before this exchange, scopes read, write',
    );
    expect(valueText(field('Bearer jwt alg=none exp_s=59', 'summary'))).toBe('Bearer, JWT signed with none, expires 59\u00a0s after this exchange');
  });

  it('cookies', () => {
    expect(valueText(field('names=a,b fp=k1:1', 'summary'))).toBe('cookies a, b, fingerprint k1:1');
    expect(valueText(field('name=sid attributes=HttpOnly,SameSite=Lax fp=k1:2', 'summary'))).toBe('cookie sid, attributes HttpOnly, SameSite=Lax, fingerprint k1:2');
  });
});

describe('comparable', () => {
  it('an expiry counts as past or to come', () => {
    const a = (s: number) => comparable(field(`Bearer fp=k1:1 jwt alg=HS256 exp_s=${s}`, 'summary'));
    expect(a(-10)).toBe(a(-3_000));
    expect(a(-10)).not.toBe(a(10));
  });
  it('what the host withheld is not the text that stands for it', () => {
    expect(comparable(field('empty', 'keep'))).not.toBe(comparable(field('', 'keep')));
    expect(comparable(field('', 'keep'))).not.toBe(comparable(field('', 'presence')));
    expect(comparable(field('aaa', 'keep'))).not.toBe(comparable(field('aaa', 'mask')));
  });
});
