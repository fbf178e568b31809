import type { AlertEvent } from '@headwater/alert-rules';
import type { AlertmanagerConfig } from '@headwater/config';
import { post, type Answer } from './post.ts';
import { readLine, readPem } from './secret-files.ts';
import { targetId, type Target } from './target.ts';

const TIMEOUT_MS = 10_000;
const GIVE_UP_MS = 6 * 3_600_000;
/** An open alert ends by itself when we are not heard of for so many repeats, and for five minutes at least (as Prometheus does it). */
const REPEATS = 4;
const SHORTEST_LIFE_MS = 300_000;
const PATH = 'api/v2/alerts';

/** `postableAlert` of Alertmanager's API v2. */
interface Postable {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL?: string;
}

/** The labels name the alert: the same rule and subject are one alert there, whenever it opens. */
export function postable({ alert }: Pick<AlertEvent, 'alert'>, untilMs: number, dashboardUrl: string | undefined): Postable {
  return {
    labels: { alertname: alert.rule, severity: alert.severity, kind: alert.kind, ...alert.subject },
    annotations: {
      summary: alert.title,
      description: alert.description,
      headwater_alert_id: alert.id,
      ...(alert.complete ? {} : { incomplete: 'something was lost in these windows' }),
    },
    startsAt: alert.opened_at,
    endsAt: alert.state === 'resolved' && alert.resolved_at !== null ? alert.resolved_at : new Date(untilMs).toISOString(),
    ...(dashboardUrl === undefined ? {} : { generatorURL: new URL(`alerts?id=${alert.id}`, dashboardUrl.endsWith('/') ? dashboardUrl : `${dashboardUrl}/`).href }),
  };
}

/** One target for each address: they deduplicate among themselves. */
export function alertmanagers(config: AlertmanagerConfig, dashboardUrl: string | undefined, nowMs: () => number): Target[] {
  const field = 'alerts.alertmanager';
  const tokenOf = () => (config.token_file === undefined ? {} : { authorization: `Bearer ${readLine(config.token_file, `${field}.token_file`)}` });
  const caOf = () => (config.ca_file === undefined ? {} : { ca: readPem(config.ca_file, `${field}.ca_file`) });
  tokenOf();
  caOf();
  const lifeMs = Math.max(REPEATS * config.repeat_ms, SHORTEST_LIFE_MS);
  return config.urls.map((text, i) => {
    const url = addressOf(text, `${field}.urls[${i}]`);
    const send = async (events: readonly AlertEvent[]): Promise<Answer> => {
      const body = JSON.stringify(events.map((event) => postable(event, nowMs() + lifeMs, dashboardUrl)));
      try {
        return await post({ url, body, headers: tokenOf(), ...caOf(), timeoutMs: TIMEOUT_MS }, nowMs);
      } catch (error) {
        return { kind: 'later', why: (error as Error).message };
      }
    };
    return {
      kind: 'alertmanager' as const,
      id: targetId('alertmanager', text),
      name: url.host,
      timeoutMs: TIMEOUT_MS,
      giveUpMs: GIVE_UP_MS,
      wants: () => true,
      send: (event: AlertEvent) => send([event]),
      repeat: { everyMs: config.repeat_ms, send },
    };
  });
}

function addressOf(text: string, field: string): URL {
  const url = URL.parse(text.endsWith('/') ? text : `${text}/`);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error(`${field}: must be a URL that begins with http:// or https://`);
  return new URL(PATH, url);
}
