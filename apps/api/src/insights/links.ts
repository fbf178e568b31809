import type { Evidence, Insight } from '@headwater/insight-rules';

/** Like the dashboard's own links: colons, slashes and braces stay readable. */
function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((p): p is [string, string] => p[1] !== undefined && p[1] !== '');
  const text = new URLSearchParams(given).toString();
  return `?${text.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2C', ',').replaceAll('%7B', '{').replaceAll('%7D', '}')}`;
}

/** `kind` of the failures page, which groups statuses; what broke within a response has a status that is no failure. */
function kindOf({ status, error_type }: Evidence): string | undefined {
  if (status === 0) return 'none';
  if (status === undefined || error_type !== undefined || status < 400) return undefined;
  return status >= 500 ? '5xx' : '4xx';
}

/** Path of the dashboard's page that shows the evidence, over the window of its insight. */
export function hrefOf(evidence: Evidence, { window, subject }: Pick<Insight, 'window' | 'subject'>): string {
  const { kind, service = subject.service, method, route, header, host, alert, figures } = evidence;
  const range = { from: window.start, to: window.end };
  const page = service === undefined ? '/' : `/services/${encodeURIComponent(String(service).toWellFormed())}`;
  switch (kind) {
    case 'alert':
      return alert === undefined ? '/alerts' : `/alerts${query({ ...range, id: alert })}`;
    case 'host':
      return `/fleet${query({ ...range, host })}`;
    case 'header': {
      const direction = figures['direction'] === 'request' || figures['direction'] === 'response' ? figures['direction'] : null;
      const shown = header === undefined ? {} : direction === null ? { q: header } : { header: `${direction} ${header}` };
      return `/headers${query({ ...range, service, ...shown })}`;
    }
    case 'failure': {
      const at = method === undefined || route === undefined || service === undefined ? undefined : `${method} ${route} ${service}`;
      return `/failures${query({ ...range, service, kind: kindOf(evidence), at })}`;
    }
    case 'endpoint':
      return `${page}${query({ ...range, method, route })}`;
    case 'service':
      return `${page}${query(range)}`;
  }
  return `${page}${query(range)}`;
}
