import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { ALERT_KEYS, type Mute } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { invalidBody } from '../http/body.ts';
import { Problem } from '../http/problem.ts';
import { iso } from '../query/time.ts';
import { KEPT_AFTER_MS, MAX_AHEAD_MS, MAX_MUTE_MS, MAX_MUTES, mayWrite, muteState, seesMute, type MuteRow } from './mutes.ts';
import { parseMute, readMutes } from './stored.ts';

/** Body of POST /v1/mutes. */
export interface MuteRequest {
  match: Mute['match'];
  starts_at?: string;
  ends_at: string;
  comment: string;
}

const KEY = /^[\x21-\x7e]{1,128}$/;
const DAY_MS = 86_400_000;

/** Writes, shows and takes away mutes; says in the log who did. */
export class MuteDesk {
  readonly #state: () => StateStore;
  readonly #log: Logger;
  readonly #clock: () => number;

  constructor(state: () => StateStore, log: Logger, clock: () => number = Date.now) {
    this.#state = state;
    this.#log = log;
    this.#clock = clock;
  }

  /** In force first, then planned, then those that ended; the next to end (to begin) first. */
  async list(who: Principal): Promise<MuteRow[]> {
    const now = this.#clock();
    const place = { active: 0, planned: 1, ended: 2 };
    return (await readMutes(this.#state()))
      .filter((m) => seesMute(who, m))
      .map((m) => ({ ...m, state: muteState(m, now) }))
      .sort(
        (a, b) =>
          place[a.state] - place[b.state] ||
          (a.state === 'ended' ? Date.parse(b.ends_at) - Date.parse(a.ends_at) : Date.parse(a.ends_at) - Date.parse(b.ends_at)) ||
          (a.id < b.id ? -1 : 1),
      );
  }

  async get(id: string, who: Principal): Promise<MuteRow> {
    const entry = await this.#state().get(ALERT_KEYS.mute(id));
    const mute = entry === null ? null : parseMute(entry.value);
    if (mute === null || !seesMute(who, mute)) throw new Problem('not_found', `there is no mute ${id}`);
    return { ...mute, state: muteState(mute, this.#clock()) };
  }

  /**
   * @param key Idempotency-Key: whoever sends it again gets the mute that the first request made
   * @param requestId for the log
   */
  async create(request: MuteRequest, who: Principal, key: string | undefined, requestId: string): Promise<MuteRow> {
    if (key !== undefined && !KEY.test(key)) throw new Problem('invalid_request', 'Idempotency-Key: 1 to 128 visible ASCII characters');
    const now = this.#clock();
    const wanted = checked(request, now);
    const refused = mayWrite(who, wanted);
    if (refused !== null) throw new Problem('forbidden', refused);
    const id = key === undefined ? randomBytes(16).toString('hex') : idOf(who, key);
    const mute: Mute = { schema: 1, id, ...wanted, created_by: who.subject, created_at: iso(now) };
    const before = key === undefined ? null : await this.#state().get(ALERT_KEYS.mute(id));
    if (before !== null) return this.#again(parseMute(before.value), request, now);
    // Two writers at once may go over it by one each: it bounds what is kept, it is no quota.
    if ((await this.#state().list(ALERT_KEYS.mutes)).length >= MAX_MUTES)
      throw new Problem('conflict', `there are ${MAX_MUTES} mutes, those that ended in the last ${KEPT_AFTER_MS / DAY_MS} days included; delete some`);
    const ttlMs = Math.max(1, Date.parse(mute.ends_at) - now) + KEPT_AFTER_MS;
    if (!(await this.#state().compareAndSet(ALERT_KEYS.mute(id), null, JSON.stringify(mute), { ttlMs }))) {
      const twin = await this.#state().get(ALERT_KEYS.mute(id));
      return this.#again(twin === null ? null : parseMute(twin.value), request, now);
    }
    this.#said(mute, who, requestId, 'mute written');
    return { ...mute, state: muteState(mute, now) };
  }

  async remove(id: string, who: Principal, requestId: string): Promise<void> {
    const mute = await this.get(id, who);
    const refused = mayWrite(who, mute);
    if (refused !== null) throw new Problem('forbidden', refused);
    if (!(await this.#state().delete(ALERT_KEYS.mute(id)))) throw new Problem('not_found', `there is no mute ${id}`);
    this.#said(mute, who, requestId, 'mute removed');
  }

  #again(mute: Mute | null, request: MuteRequest, now: number): MuteRow {
    const same =
      mute !== null &&
      JSON.stringify(sorted(mute.match)) === JSON.stringify(sorted(request.match)) &&
      mute.comment === request.comment &&
      Date.parse(mute.ends_at) === Date.parse(request.ends_at) &&
      (request.starts_at === undefined || Date.parse(mute.starts_at) === Date.parse(request.starts_at));
    if (!same) throw new Problem('idempotency_mismatch', 'this Idempotency-Key came with another mute before; take a new one');
    return { ...mute, state: muteState(mute, now) };
  }

  #said(mute: Mute, who: Principal, requestId: string, what: string): void {
    const { id, match, starts_at, ends_at, comment } = mute;
    this.#log.info({ request_id: requestId, mute: id, match, starts_at, ends_at, comment, subject: who.subject, client: who.clientId, issuer: who.issuer }, what);
  }
}

const sorted = (match: Mute['match']): unknown => Object.entries(match).sort(([a], [b]) => (a < b ? -1 : 1));

function idOf(who: Principal, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([who.issuer, who.clientId, who.subject, key]))
    .digest('hex')
    .slice(0, 32);
}

/** @throws Problem invalid_body naming the field */
function checked({ match, comment, ...times }: MuteRequest, now: number): Pick<Mute, 'match' | 'starts_at' | 'ends_at' | 'comment'> {
  const starts = times.starts_at === undefined ? now : Date.parse(times.starts_at);
  const ends = Date.parse(times.ends_at);
  const errors = [];
  if (ends <= starts) errors.push({ pointer: '#/ends_at', detail: `must be after starts_at (${iso(starts)})` });
  else if (ends <= now) errors.push({ pointer: '#/ends_at', detail: 'is over already' });
  else if (ends - starts > MAX_MUTE_MS) errors.push({ pointer: '#/ends_at', detail: `a mute is at most ${MAX_MUTE_MS / DAY_MS} days long` });
  if (starts > now + MAX_AHEAD_MS) errors.push({ pointer: '#/starts_at', detail: `is more than ${MAX_AHEAD_MS / DAY_MS} days ahead` });
  if (errors.length > 0) throw invalidBody(errors);
  return { match, starts_at: iso(starts), ends_at: iso(ends), comment };
}
