import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PodNames } from '@headwater/capture';
import { fetchPods, refusal } from './kubelet-client.ts';
import { Kubelet } from './kubelet.ts';
import { podsOf } from './pod-list.ts';

const FIXTURE = readFileSync(new URL('fixtures/pods.json', import.meta.url), 'utf8');
const log = pino({ level: 'silent' });

describe('podsOf', () => {
  it('takes names and container ids of init, running and ephemeral containers; static pods by uid and by hash', () => {
    const pods = podsOf(FIXTURE);
    expect(pods).toEqual([
      {
        uid: '3f8a2f64-9d1c-4c55-8a3e-0d6a5f0b7e21',
        name: 'checkout-7d9c5b8f6b-x2lqp',
        namespace: 'shop',
        containers: [
          { id: '0b7f6a0e5b8a3e5c1d2f4a6b8c0d1e2f3a4b5c6d7e8f90112233445566778899', name: 'migrate' },
          { id: '4c01ce7cbe5b2e7c1c0a9d8e7f6a5b4c3d2e1f00112233445566778899aabbcc', name: 'checkout' },
          { id: '77aa88bb99cc00dd11ee22ff33445566778899aabbccddeeff00112233445566', name: 'debugger-k2x8v' },
        ],
      },
      ...['b5c1d9e2-0f3a-4b7c-8d6e-1a2b3c4d5e6f', '6d3b1a2c9f8e7d6c5b4a39281706f5e4'].map((uid) => ({
        uid,
        name: 'kube-proxy-node-3',
        namespace: 'kube-system',
        containers: [{ id: 'ee00ff11aa22bb33cc44dd55ee66ff7700112233445566778899aabbccddeeff', name: 'kube-proxy' }],
      })),
      { uid: 'c0ffee00-1111-4222-8333-444455556666', name: 'pending-0', namespace: 'shop', containers: [] },
    ]);
  });

  it('refuses what is no PodList, and passes over what has no names', () => {
    expect(() => podsOf('{"kind":"Status","apiVersion":"v1","code":403}')).toThrow(/no v1 PodList \(kind "Status"\)/);
    expect(() => podsOf('[]')).toThrow(/no v1 PodList/);
    expect(() => podsOf('<html>')).toThrow();
    expect(podsOf('{"kind":"PodList","apiVersion":"v1","items":null}')).toEqual([]);
    expect(podsOf('{"kind":"PodList","apiVersion":"v1","items":[null,7,{"metadata":{"uid":5}}]}')).toEqual([]);
  });
});

describe('settings', () => {
  it('send no token in clear and none to whoever answers', () => {
    const of = (url: string, insecureLoopback = false) => refusal({ url, insecureLoopback });
    expect(of('https://10.0.0.1:10250/pods')).toBeNull();
    expect(of('https://127.0.0.1:10250/pods', true)).toBeNull();
    expect(of('https://[::1]:10250/pods', true)).toBeNull();
    expect(of('http://127.0.0.1:10255/pods')).toBeNull();
    expect(of('http://10.0.0.1:10255/pods')).toMatch(/kubelet\.url .* in clear: use https/);
    expect(of('https://10.0.0.1:10250/pods', true)).toMatch(/kubelet\.insecure_loopback .*ca_file/);
    expect(of('https://localhost.evil.example/pods', true)).toMatch(/insecure_loopback/);
    expect(of('ftp://127.0.0.1/pods')).toMatch(/kubelet\.url/);
  });
});

describe('a kubelet over TLS with a private CA', () => {
  const dir = mkdtempSync(join(tmpdir(), 'hw-kubelet-'));
  const tokenFile = join(dir, 'token');
  const caFile = join(dir, 'ca.pem');
  const asked: (string | undefined)[] = [];
  let answer: (res: http.ServerResponse) => void = (res) => res.end(FIXTURE);
  let server: https.Server;
  let url = '';

  beforeAll(async () => {
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=node CA');
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key', '-out', 'tls.csr', '-subj', '/CN=node-3');
    writeFileSync(join(dir, 'san'), 'subjectAltName=IP:127.0.0.1\n');
    openssl('x509', '-req', '-in', 'tls.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'tls.pem', '-days', '2', '-extfile', 'san');
    writeFileSync(tokenFile, 'first-token\n');
    server = https.createServer({ key: readFileSync(join(dir, 'tls.key')), cert: readFileSync(join(dir, 'tls.pem')) }, (req, res) => {
      asked.push(req.headers.authorization);
      answer(res);
    });
    await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/pods`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const never = new AbortController().signal;
  const settings = () => ({ url, tokenFile, caFile, insecureLoopback: false });

  it('is asked with the token, as the file has it each time, and checked by the CA', async () => {
    expect(podsOf(await fetchPods(settings(), never))).toHaveLength(4);
    writeFileSync(tokenFile, 'second-token\n');
    await fetchPods(settings(), never);
    expect(asked.slice(-2)).toEqual(['Bearer first-token', 'Bearer second-token']);
    const before = asked.length;
    await expect(fetchPods({ url, tokenFile, insecureLoopback: false }, never)).rejects.toThrow(/certificate/);
    expect(asked.length, 'the token went to a server that was not checked').toBe(before);
    expect(podsOf(await fetchPods({ url, tokenFile, insecureLoopback: true }, never))).toHaveLength(4);
  });

  it('says what a refusal means, and bounds time and size', async () => {
    answer = (res) => res.writeHead(403).end('{}');
    await expect(fetchPods(settings(), never)).rejects.toThrow(/403: .*nodes\/proxy/);
    answer = (res) => res.writeHead(301, { location: 'https://elsewhere.example/' }).end();
    await expect(fetchPods(settings(), never)).rejects.toThrow(/301/);
    answer = (res) => void res.write('{'); // and never ends
    await expect(fetchPods(settings(), never, 200)).rejects.toThrow(/within 0\.2 s/);
    answer = (res) => res.end(Buffer.alloc(17 * 1_048_576, 32));
    await expect(fetchPods(settings(), never)).rejects.toThrow(/over 16777216 bytes/);
  });

  it('keeps the last names while it does not answer, and goes on when it does', async () => {
    answer = (res) => res.end(FIXTURE);
    const told: (readonly PodNames[])[] = [];
    const kubelet = new Kubelet({ ...settings(), intervalMs: 40 }, (pods) => told.push(pods), log);
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(1), { timeout: 5_000 });
    answer = (res) => res.writeHead(500).end();
    const before = asked.length;
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(before + 1), { timeout: 5_000 });
    const count = told.length;
    expect(kubelet.pods).toHaveLength(4);
    answer = (res) => res.end('{"kind":"PodList","apiVersion":"v1","items":[]}');
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(count), { timeout: 5_000 });
    expect(kubelet.pods).toEqual([]);
    kubelet.stop();
    const last = asked.length;
    await new Promise((ok) => setTimeout(ok, 100));
    expect(asked.length).toBe(last);
  });
});
