import { SEVERITIES } from '@headwater/alert-rules';
import { SERIES_KEYS, SeriesError, decodeSeries, type Cumulative, type Exposed, type Format } from '@headwater/fleet-series';
import type { StateStore } from '@headwater/state-store';
import { seesAlert } from '../alerts/rows.ts';
import { readAlerts } from '../alerts/stored.ts';
import type { Principal } from '../auth/principal.ts';

/**
 * The fleet's series for one reader, as the analyzers wrote them last. All services are read in one atomic step of the store; what a
 * token does not reach is not decoded.
 * @param service only this one
 * @throws StateStoreError as the store does
 */
export async function readSeries(state: StateStore, who: Pick<Principal, 'services' | 'scopes'>, service: string | undefined): Promise<Exposed> {
  const services = new Map<string, Cumulative>();
  let unreadable = 0;
  const decode = (subject: string, value: string): Cumulative | null => {
    try {
      return decodeSeries(subject, value);
    } catch (error) {
      if (!(error instanceof SeriesError)) throw error;
      unreadable++;
      return null;
    }
  };
  const sees = (name: string) => (who.services === null || who.services.includes(name)) && (service === undefined || service === name);
  const entries = service === undefined ? await state.list(SERIES_KEYS.services) : [await state.get(SERIES_KEYS.service(service))].filter((e) => e !== null);
  for (const { key, value } of entries) {
    const name = key.slice(SERIES_KEYS.services.length);
    const series = sees(name) ? decode(`s:${name}`, value) : null;
    if (series) services.set(name, series);
  }
  const fleet = who.services === null && who.scopes.has('fleet:read') && service === undefined;
  const account = fleet ? await state.get(SERIES_KEYS.hosts) : null;
  const hosts = account ? decode('h:', account.value) : null;
  return { services, hosts, alerts: service === undefined ? await openAlerts(state, who) : null, unreadable };
}

/** Every severity, so that none is absent when its last alert is over. */
async function openAlerts(state: StateStore, who: Pick<Principal, 'services' | 'scopes'>): Promise<Map<string, number>> {
  const open = new Map<string, number>(SEVERITIES.map((s) => [s, 0]));
  for (const alert of await readAlerts(state)) if (alert.state === 'open' && seesAlert(who, alert)) open.set(alert.severity, (open.get(alert.severity) ?? 0) + 1);
  return open;
}

/** RFC 9110 section 12.5.1, as far as a scraper uses it: OpenMetrics only where it is asked for at least as much as the text format. */
export function formatOf(accept: string | undefined): Format {
  let [open, text] = [0, 0];
  for (const part of (accept ?? '*/*').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((p) => p.trim().toLowerCase());
    const version = parameters
      .find((p) => p.startsWith('version='))
      ?.slice('version='.length)
      .replaceAll('"', '');
    const weight = Number(parameters.find((p) => p.startsWith('q='))?.slice(2) ?? 1);
    const q = weight >= 0 && weight <= 1 ? weight : 0;
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0')) open = Math.max(open, q);
    if (['text/plain', 'text/*', '*/*'].includes(type) && (version === undefined || version === '0.0.4')) text = Math.max(text, q);
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}
