import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { busSettings } from '@headwater/config';
import type { AgentConfig } from '@headwater/config';
import { BusError, openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import type { BusFacts } from './facts.ts';

const ANSWER_MS = 10_000;

/** Whether the bus answers and has the topics an agent writes. An embedded log that does not exist is not made. */
export async function askBus(config: AgentConfig): Promise<BusFacts> {
  const { bus: settings, topic_prefix } = config;
  const place = settings.kind === 'embedded' ? (settings.path ?? '') : (settings.brokers ?? []).join(', ');
  const facts: BusFacts = { kind: settings.kind, place, absent: false, error: '', topics: [], skewMs: settings.kind === 'embedded' ? 0 : null };
  if (settings.kind === 'embedded' && !existsSync(place)) return { ...facts, absent: true };
  try {
    const bus = await openBus(busSettings(settings));
    try {
      for (const id of ['headerEvents', 'agentStatus'] as const) {
        const name = topicName(topic_prefix, id);
        try {
          facts.topics.push({ name, partitions: (await inTime(bus.ranges(name))).length, error: '' });
        } catch (error) {
          if (!(error instanceof BusError && error.code === 'topic_missing')) throw error;
          facts.topics.push({ name, partitions: 0, error: 'is missing' });
        }
      }
    } finally {
      await Promise.race([bus.close(), sleep(2_000, undefined, { ref: false })]);
    }
  } catch (error) {
    facts.error = error instanceof Error ? error.message : String(error);
  }
  return facts;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = sleep(ANSWER_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
  return Promise.race([answer, late]);
}
