import { describe, expect, it } from 'vitest';
import { plainText, safeErrorType, safeMethod, safeName, safeRoute, safeService } from './safe-text.ts';

describe('routes', () => {
  it.each([
    '/',
    '/orders/{int}',
    '/images/{int}.png',
    '/users/{uuid}/orders',
    '{other}',
    '/api/v2/orders:search',
    '/api/v1beta1/namespaces/default/pods',
    '/getUserAccountPreferences',
    '/order-items/by-customer',
    '/h2o/k8s',
    '/a/b/12345',
    '/wp-login.php',
    '/scan/0.php',
  ])('%s stays', (route) => expect(safeRoute(route)).toBe(route));

  it.each([
    ['/orders/123456789', '/orders/{redacted}'],
    ['/orders/12-34-56-78-9', '/orders/{redacted}'],
    ['/u/550e8400-e29b-41d4-a716-446655440000/x', '/u/{redacted}/x'],
    ['/u/550e8400e29b41d4a716446655440000', '/u/{redacted}'],
    ['/c/9f86d081884c7d65', '/c/{redacted}'],
    ['/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '/t/{redacted}'],
    ['/k/sk-proj-abc', '/k/{redacted}'],
    ['/k/AKIAIOSFODNN7EXAMPLE', '/k/{redacted}'],
    ['/k/ghp_abcdef', '/k/{redacted}'],
    ['/k/x8Kd02mQz71Lp', '/k/{redacted}'],
    ['/k/QmFzZTY0LVRva2VuLVdpdGhvdXQ', '/k/{redacted}'],
    ['/m/jane.doe@example.com', '/m/{redacted}'],
    ['/m/jane.doe%40example.com', '/m/{redacted}'],
    ['/h/10.0.0.1/x', '/h/{redacted}/x'],
    ['/h/ip-10-0-0-1', '/h/{redacted}'],
    ['/h/2001:db8::1', '/h/{redacted}'],
    ['/p/K1A0B1/x', '/p/{redacted}/x'],
    ['/p/K1A%200B1', '/p/{redacted}'],
    ['/p/k8s/a1b2c3', '/p/k8s/{redacted}'],
    ['/2026/11/22/report', '/{redacted}/{redacted}/{redacted}/report'],
    ['/a;token=abc,b=2/x', '/a;token={redacted},b={redacted}/x'],
    ['/search?q=secret#frag', '/search'],
    ['/a b/"c"/<d>/`e`/\\f', '/{redacted}/{redacted}/{redacted}/{redacted}/{redacted}'],
    ['/é/٠١٢', '/{redacted}/{redacted}'],
    ['/a\u202eb\u200bc\u0000\nd', '/abcd'],
    ['', '/'],
    ['?x=1', '/'],
  ])('%s becomes %s', (route, safe) => expect(safeRoute(route)).toBe(safe));

  it('is cut between segments', () => {
    const route = safeRoute(`/${'segment/'.repeat(40)}`);
    expect(route.length).toBeLessThanOrEqual(128);
    expect(route).toMatch(/^(?:\/segment)+\/\{redacted\}$/);
    expect(safeRoute(`/${'word-'.repeat(60)}`)).toBe('/{redacted}');
  });
  it('made safe again stays what it is', () => {
    for (const route of ['/2026/11/22', '/a;token=abc', '/u/550e8400e29b41d4a716446655440000']) expect(safeRoute(safeRoute(route))).toBe(safeRoute(route));
  });
});

describe('names', () => {
  it.each(['x-request-id', 'sec-ch-ua-mobile', 'x-amzn-trace-id', 'x-b3-traceid'])('%s stays', (name) => expect(safeName(name)).toBe(name));
  it.each(['x-user-4111111111111111', 'a b', 'x:y', 'x"y', 'x\u202ey', 'k1a0b1', `x-${'long-'.repeat(13)}`, 'x-550e8400-e29b-41d4-a716-446655440000', 'é', ''])(
    '%s does not',
    (name) => expect(safeName(name)).toBe('{redacted}'),
  );
  it('methods, error types and services likewise', () => {
    expect([safeMethod('GET'), safeMethod('X-PURGE'), safeMethod('GET\u202e'), safeMethod('A'.repeat(17)), safeMethod('{other}')]).toEqual([
      'GET',
      'X-PURGE',
      '{redacted}',
      '{redacted}',
      '{other}',
    ]);
    expect([safeErrorType('connection_reset'), safeErrorType('a b')]).toEqual(['connection_reset', '{redacted}']);
    expect([safeService('shop-eu.prod'), safeService('web@10.0.0.1')]).toEqual(['shop-eu.prod', '{redacted}']);
  });
});

it('text for people is one line without what is not seen, markup and all', () => {
  expect(plainText(' a\r\n\tb\u202e\u0007 <img src=x onerror=alert(1)>  c ', 60)).toBe('a b <img src=x onerror=alert(1)> c');
  expect(plainText('😀'.repeat(10), 5)).toBe('😀😀😀😀…');
  expect(plainText('😀😀😀', 5)).toBe('😀😀😀');
});
