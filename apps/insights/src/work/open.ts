import type { InsightsConfig } from '@headwater/config';
import type { EventBus } from '@headwater/event-bus';
import type { Aliases, Finding, InsightInput } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { FactsReader } from '../read/port.ts';
import type { WorkReport } from '../report/report.ts';
import { Clockwork } from './clockwork.ts';
import { Follower } from './follower.ts';
import { Intake } from './intake.ts';
import { Places } from './place.ts';
import { Queue } from './queue.ts';
import { Records } from './records.ts';
import { Subjects } from './subject.ts';
import { InsightTopic } from './topic.ts';
import { Worker, type WorkerDoors } from './worker.ts';

export interface WorkDoors {
  bus: EventBus;
  state: StateStore;
  reader: FactsReader;
  rules: (input: InsightInput, aliases: Aliases) => Finding[];
  model: WorkerDoors['model'];
  report: WorkReport;
}

/** Names of topics. */
export interface WorkTopics {
  alerts: string;
  requests: string;
  insights: string;
}

export interface Work {
  /** of `alerts.v1` */
  alerts: Follower;
  /** of `insight-requests.v1` */
  requests: Follower;
  clockwork: Clockwork;
  worker: Worker;
  queue: Queue;
}

/** Puts the work together. */
export function openWork(config: Pick<InsightsConfig, 'group' | 'keep_ms' | 'triggers'>, topics: WorkTopics, doors: WorkDoors, now: () => number): Work {
  const { bus, state, report } = doors;
  const { triggers } = config;
  const queue = new Queue(state, triggers.queue_max, report, now);
  const records = new Records(state, config.keep_ms, now);
  const subjects = new Subjects(state, now);
  const intake = new Intake({ queue, records, subjects, report }, triggers, now);
  const follow = (topic: string, about: Pick<ConstructorParameters<typeof Follower>[1], 'cleanup' | 'intake' | 'take'>) =>
    new Follower({ bus, places: new Places(state, config.group, topic), report }, { topic, ...about }, now);
  return {
    alerts: follow(topics.alerts, { cleanup: 'compact', intake: 'alerts', take: (record, old) => intake.alert(record, old) }),
    requests: follow(topics.requests, { cleanup: 'delete', intake: 'requests', take: (record, old) => intake.request(record, old) }),
    clockwork: new Clockwork({ state, queue, records, subjects, report }, triggers, now),
    worker: new Worker(
      { state, queue, records, subjects, report, topic: new InsightTopic(bus, topics.insights), reader: doors.reader, rules: doors.rules, model: doors.model },
      triggers.concurrency,
      now,
    ),
    queue,
  };
}
