import type { ExchangeSample, HeaderField } from '@headwater/capture';

export interface SampleFlags {
  method?: string;
  route?: string;
  path?: string;
  status?: number;
  service?: string;
  role?: 'server' | 'client';
  port?: number;
  host?: string;
  totalMs?: number;
  clientAddress?: string;
  requestHeader: HeaderField[];
  responseHeader: HeaderField[];
}

/** A segment of each class that the capture makes route templates of (libs/capture/core/route.cc). */
const SEGMENTS: Record<string, string> = {
  '{int}': '7',
  '{uuid}': '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  '{hex}': '9f86d081884c7d659a2feaa0c55ad015',
  '{date}': '2026-01-31',
  '{opaque}': 'a%40b',
};

/** A path whose template is `route`. */
export function pathOf(route: string): string {
  return route.replace(/\{(?:int|uuid|hex|date|opaque)\}/g, (segment) => SEGMENTS[segment]!);
}

/** The exchange that the flags speak of, with ordinary values where they are silent; null when they name none. */
export function sampleOf(flags: SampleFlags): ExchangeSample | null {
  const { requestHeader, responseHeader, host, ...rest } = flags;
  if (requestHeader.length + responseHeader.length === 0 && host === undefined && Object.values(rest).every((v) => v === undefined)) return null;
  const named = requestHeader.some((h) => h.name.toLowerCase() === 'host');
  return {
    method: flags.method ?? 'GET',
    target: flags.path ?? pathOf(flags.route ?? '/'),
    status: flags.status ?? 200,
    ...(flags.service === undefined ? {} : { service: flags.service }),
    role: flags.role ?? 'server',
    port: flags.port ?? 80,
    totalMs: flags.totalMs ?? 0,
    ...(flags.clientAddress === undefined ? {} : { clientAddress: flags.clientAddress }),
    requestHeaders: [...(host === undefined || named ? [] : [{ name: 'Host', value: host }]), ...requestHeader],
    responseHeaders: responseHeader,
  };
}
