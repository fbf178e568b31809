import { DEFAULT_CAPTURE_OPTIONS } from '@headwater/capture';
import { policyName, readPublicKey, toLayer } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';
import type { AgentConfig } from '@headwater/config';
import type { EventBus } from '@headwater/event-bus';
import type { AgentPolicyState } from '@headwater/header-event';
import type { Logger } from 'pino';
import { Fleet } from './fleet.ts';
import { HostFile } from './host-file.ts';
import { asNarrowing, layersName, needKey } from './layers.ts';
import type { Layers } from './layers.ts';
import { oneLine, refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { readState, writeState } from './state-file.ts';
import { followTopic } from './topic.ts';

const REWRITE_MS = 5_000;

export interface PolicyStageOptions {
  config: Pick<AgentConfig, 'policy'>;
  hostId: string;
  hasKey: boolean;
  log: Logger;
  /** Takes these layers into force, or throws and nothing has changed. */
  apply(layers: Layers): void;
}

/** What became of the policies that were offered, since the start. */
export interface PolicyCounts {
  changes: { host: number; fleet: number };
  refused: Record<string, number>;
}

/**
 * The policies of this host: its file, watched, and the fleet's record, followed on the bus. What is not usable stays
 * out of force and is said; the policy before it goes on to hold. The fleet's can only narrow; where it was never read
 * (first start, or a damaged state file), `ready` waits for it, so that nothing leaves that the fleet does not want.
 */
export class PolicyStage {
  /** resolves when the capture may begin */
  readonly ready: Promise<void>;
  readonly counts: PolicyCounts = { changes: { host: 0, fleet: 0 }, refused: {} };
  /** the state file is behind what is in force */
  unwritten = false;
  private readonly o: PolicyStageOptions;
  private readonly file: HostFile | null;
  private readonly fleet: Fleet | null;
  private readonly loadedAt = new Date();
  private readonly stop = new AbortController();
  private readonly fromTopic = new Map<string, Refusal>();
  private following: Promise<void> | null = null;
  private rewrite: NodeJS.Timeout | null = null;
  private known: boolean;
  private reading = true;
  private topicTrouble: string | null = null;
  private writeTrouble: string | null = null;
  private setReady: () => void = () => undefined;

  /** @throws PolicyError, or CaptureError when the file asks for what this host cannot do: the agent cannot start */
  constructor(o: PolicyStageOptions) {
    this.o = o;
    const { file, fleet } = o.config.policy;
    this.file = file === undefined ? null : new HostFile(file, (doc) => this.offerHost(doc), (refused) => this.say(refused)); // prettier-ignore
    if (this.file) this.askForKey(this.file.document);
    o.apply(this.layers());
    const keys = fleet.keys.map(({ id, public_key_file }, i) => ({ id, publicKey: readPublicKey(public_key_file, `policy.fleet.keys.${i}.public_key_file`) }));
    this.fleet = keys.length === 0 ? null : new Fleet(o.hostId, keys, (doc) => this.offerFleet(doc));
    this.known = this.fleet === null || this.restore(this.fleet, fleet.state_file ?? '');
    this.ready = this.known ? Promise.resolve() : new Promise((ok) => (this.setReady = ok));
  }

  layers(host: PolicyDocument | undefined = this.file?.document, narrowing: PolicyDocument | null = this.fleet?.inForce?.document ?? null): Layers {
    const policy = host ? toLayer(host) : DEFAULT_CAPTURE_OPTIONS.policy;
    return narrowing ? { policy, narrowing: asNarrowing(toLayer(narrowing), this.o.hasKey) } : { policy };
  }

  get name(): string {
    return layersName(this.layers());
  }

  /** What the capture waits for, in words, or null. */
  get trouble(): string | null {
    return this.known ? null : `the fleet's policy: ${this.topicTrouble ?? 'its topic is being read'}`;
  }

  get fleetSince(): string | null {
    return this.fleet?.inForce?.acceptedAt ?? null;
  }

  get hostSince(): Date {
    return this.file?.loadedAt ?? this.loadedAt;
  }

  /** The last one that is refused still. */
  get refused(): Refusal | null {
    const all = [this.file?.refused ?? null, ...this.fromTopic.values()].filter((r) => r !== null);
    return all.sort((a, b) => (a.at < b.at ? 1 : -1))[0] ?? null;
  }

  get state(): AgentPolicyState {
    const { policy, narrowing } = this.layers();
    const inForce = this.fleet?.inForce;
    const { refused } = this;
    return {
      host: layersName({ policy }),
      source: this.file ? 'file' : 'built-in',
      loaded_at: this.hostSince.toISOString(),
      narrowing: narrowing && inForce ? { policy: policyName(inForce.document), key: inForce.keyId, accepted_at: inForce.acceptedAt } : null,
      refused: refused && { policy: refused.policy, source: refused.source, reason: oneLine(refused.reason), at: refused.at },
    };
  }

  /** Begins to watch the file and to follow the topic. */
  follow(bus: EventBus, topic: string): void {
    this.file?.watch();
    const { fleet } = this;
    if (!fleet) return;
    this.rewrite = setInterval(() => this.unwritten && this.keep(fleet), REWRITE_MS);
    const reader = {
      onRecord: (record: { key: string | null; value: Uint8Array; headers: Record<string, string> }): void => {
        if (fleet.concerns(record.key)) this.judge(fleet, { ...record, key: record.key });
      },
      onEnd: () => this.readToEnd(fleet),
      onTrouble: (why: string | null): void => {
        if (why !== null && why !== this.topicTrouble) this.o.log.warn({ reason: why }, "the fleet's policy cannot be read yet; trying again");
        this.topicTrouble = why;
      },
    };
    this.following = followTopic(bus, topic, reader, this.stop.signal);
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.file?.close();
    clearInterval(this.rewrite ?? undefined);
    await this.following;
  }

  private askForKey(document: PolicyDocument): void {
    if (!this.o.hasKey) needKey(document, this.file?.file ?? '');
  }

  private offerFleet(document: PolicyDocument | null): void {
    // Hashed headers have an answer that is stricter still (asNarrowing); a hashed address has none.
    if (!this.o.hasKey && document?.client_address === 'hash') needKey({ ...document, headers: [] }, policyName(document));
    this.o.apply(this.layers(this.file?.document, document));
  }

  private offerHost(document: PolicyDocument): void {
    this.askForKey(document);
    const layers = this.layers(document);
    this.o.apply(layers);
    this.counts.changes.host++;
    this.o.log.info({ policy: layersName(layers) }, 'the policy file changed, and is in force');
  }

  private judge(fleet: Fleet, record: { key: string; value: Uint8Array; headers: Record<string, string> }): void {
    const outcome = fleet.judge(record);
    if (outcome.kind === 'refused') {
      this.fromTopic.set(record.key, outcome.refused);
      // A log holds what came before as well; of that, only how it ends is worth a word.
      if (!this.reading) this.say(outcome.refused);
      return;
    }
    this.fromTopic.delete(record.key);
    if (outcome.kind !== 'accepted') return;
    this.fromTopic.clear();
    this.counts.changes.fleet++;
    this.unwritten = true;
    if (this.reading) return;
    this.keep(fleet);
    this.o.log.info({ policy: this.name, key: outcome.accepted.keyId, record: record.key }, "the fleet's policy narrows what leaves this host");
  }

  private readToEnd(fleet: Fleet): void {
    this.reading = false;
    for (const refused of this.fromTopic.values()) this.say(refused);
    if (this.unwritten || !this.known) this.keep(fleet);
    const wasKnown = this.known;
    this.known = true;
    const { inForce } = fleet;
    if (!wasKnown || this.counts.changes.fleet > 0)
      this.o.log.info({ policy: this.name, key: inForce?.keyId }, inForce ? "the fleet's policy narrows what leaves this host" : 'the fleet has no policy for this host');
    this.setReady();
  }

  /** Whether the state says all there is to know; without that the topic is read before the capture begins. */
  private restore(fleet: Fleet, file: string): boolean {
    try {
      const state = readState(file);
      if (!state) return false;
      for (const seen of state.seen) fleet.remember(seen);
      for (const { acceptedAt, ...record } of state.records) fleet.restore(record, acceptedAt);
      this.o.apply(this.layers());
      return true;
    } catch (error) {
      this.o.log.error({ reason: (error as Error).message, file }, "the fleet's policy as kept here is not usable; the topic is read first");
      this.say(refusal('topic', 'state file', error));
      return false;
    }
  }

  private keep(fleet: Fleet): void {
    const file = this.o.config.policy.fleet.state_file ?? '';
    try {
      writeState(file, fleet.accepted.values(), fleet.seen);
      this.unwritten = false;
      this.writeTrouble = null;
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== this.writeTrouble) this.o.log.error({ reason, file }, "the fleet's policy is in force, and cannot be kept for a restart; trying again");
      this.writeTrouble = reason;
      this.unwritten = true;
    }
  }

  private say(refused: Refusal): void {
    this.counts.refused[`${refused.source} ${refused.code}`] = (this.counts.refused[`${refused.source} ${refused.code}`] ?? 0) + 1;
    this.o.log.error(
      { source: refused.source, code: refused.code, policy: refused.policy, reason: refused.reason, in_force: this.name },
      'a policy is refused; the one before it stays in force',
    );
  }
}
