import { PolicyError, policyName, readPublicKey } from '@headwater/capture-policy';
import type { PolicyRecord } from '@headwater/capture-policy';
import type { EventBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { EXIT, withBus } from '../bus.ts';
import type { BusFlags, Terminal } from '../bus.ts';
import { readTopic } from './read-topic.ts';
import { readRecord } from './record-file.ts';
import { verifiedBy } from './verified.ts';

export interface PublishFlags extends BusFlags {
  publicKey: string[];
}

/** `headwater-admin policy publish`: puts a signed record on the topic, unless hosts would refuse it. */
export async function publish(file: string, flags: PublishFlags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  try {
    const keys = flags.publicKey.map((f) => readPublicKey(f, '--public-key'));
    const record = readRecord(file);
    const verified = verifiedBy(record, keys);
    if (verified instanceof PolicyError) throw verified;
    const { id, version } = verified.document;
    return await withBus(flags, env, terminal, async (bus, config) => {
      const topic = topicName(config.topic_prefix, 'capturePolicy');
      const before = (await readTopic(bus, topic)).filter((r) => r.key === record.key);
      // What no key of ours has signed decides nothing: else a forged record could block every true one.
      const sound = before.flatMap((r) => {
        const v = verifiedBy({ key: record.key, value: r.value, headers: r.headers }, keys);
        return v instanceof PolicyError ? [] : [{ record: r, document: v.document }];
      });
      const newest = sound.filter((s) => s.document.id === id).sort((a, b) => b.document.version - a.document.version)[0];
      const last = sound.at(-1);
      if (newest && newest.document.version >= version) {
        if (newest === last && Buffer.compare(newest.record.value, record.value) === 0) {
          terminal.out(`${policyName(verified.document)} is there already for ${record.key}, at offset ${newest.record.offset}\n`);
          return EXIT.ok;
        }
        throw new PolicyError(
          'HW_POLICY_OLDER',
          `${policyName(verified.document)} is not newer: the topic holds ${policyName(newest.document)} for ${record.key}; sign it as version ${newest.document.version + 1}`,
        );
      }
      const placed = await put(bus, topic, record);
      terminal.out(`${policyName(verified.document)} for ${record.key} is on ${topic}, offset ${placed}${last ? `, after ${policyName(last.document)}` : ''}\n`);
      const forged = before.length - sound.length;
      if (forged > 0) terminal.err(`${forged} records for ${record.key} are not signed by the keys given; hosts that do not trust their keys refuse them\n`);
      terminal.err('Hosts tell in their heartbeats whether they took it (headwater-admin policy show --hosts).\n');
      return EXIT.ok;
    });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    terminal.err(`${error.message}\n`);
    return EXIT.failed;
  }
}

async function put(bus: EventBus, topic: string, record: PolicyRecord): Promise<number> {
  const [placed] = await bus.publish(topic, [record]);
  return placed!.offset;
}
