import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

/** A node with 500 pods answers with about 5 MB. */
const MAX_BYTES = 16 * 1_048_576;
const TIMEOUT_MS = 10_000;

export interface KubeletSettings {
  url: string;
  tokenFile?: string | undefined;
  caFile?: string | undefined;
  insecureLoopback: boolean;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** Why these settings cannot be used; null: they can. The token must not go where anyone could read it, or to anyone. */
export function refusal({ url, insecureLoopback }: KubeletSettings): string | null {
  const { protocol, hostname } = new URL(url);
  const near = LOOPBACK.test(hostname);
  if (protocol !== 'https:' && protocol !== 'http:') return `kubelet.url ${url} must begin with https:// or, on loopback, http://`;
  if (protocol === 'http:' && !near) return `kubelet.url ${url} would send the token in clear: use https, or http on loopback only`;
  if (insecureLoopback && !near) return `kubelet.insecure_loopback is for loopback only, and kubelet.url names ${hostname}: name the CA in kubelet.ca_file instead`;
  return null;
}

/**
 * GET of the kubelet's pods. Token and CA are read each time: both are rotated while the agent runs. The whole exchange
 * has 10 s and the answer 16 MiB; redirects are not followed.
 * @returns the body of a 200
 * @throws Error that says what the kubelet answered, or what to do
 */
export async function fetchPods(settings: KubeletSettings, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<string> {
  const why = refusal(settings);
  if (why) throw new Error(why);
  const url = new URL(settings.url);
  const token = settings.tokenFile === undefined ? null : readFileSync(settings.tokenFile, 'utf8').trim();
  const ca = settings.caFile === undefined ? {} : { ca: readFileSync(settings.caFile) };
  const late = AbortSignal.timeout(timeoutMs);
  const options = {
    signal: AbortSignal.any([signal, late]),
    agent: false as const,
    headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
  };
  try {
    return await new Promise<string>((ok, bad) => {
      const read = (answer: http.IncomingMessage): void => {
        answer.on('error', bad);
        if (answer.statusCode !== 200) {
          answer.resume();
          bad(new Error(`the kubelet answered ${answer.statusCode}${FIXES[answer.statusCode ?? 0] ?? ''}`));
          return;
        }
        const parts: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > MAX_BYTES) answer.destroy(new Error(`the kubelet's answer is over ${MAX_BYTES} bytes`));
          else parts.push(part);
        });
        answer.on('end', () => ok(Buffer.concat(parts).toString()));
      };
      const request = url.protocol === 'https:' ? https.get(url, { ...options, ...ca, rejectUnauthorized: !settings.insecureLoopback }, read) : http.get(url, options, read);
      request.on('error', bad);
    });
  } catch (error) {
    if (late.aborted) throw new Error(`the kubelet did not answer within ${timeoutMs / 1000} s`, { cause: error });
    throw error;
  }
}

const FIXES: Record<number, string> = {
  401: ': it does not know the token in kubelet.token_file',
  403: ': the service account of kubelet.token_file may not get nodes/proxy',
  404: ': kubelet.url should end in /pods',
};
