import { topicsFor } from '@headwater/event-bus';
import { EXIT, withBus } from './bus.ts';
import type { BusFlags, Terminal } from './bus.ts';
import { table } from './table.ts';

export interface ApplyFlags extends BusFlags {
  dryRun?: boolean;
}

/** `headwater-admin topics apply`: creates the topics that are missing; never changes or removes one. */
export async function applyTopics(flags: ApplyFlags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const dryRun = flags.dryRun === true;
  return withBus(flags, env, terminal, async (bus, config) => {
    const applied = await bus.applyTopics(topicsFor(config.bus.kind, config.topic_prefix), { dryRun });
    const word = { created: dryRun ? 'would create' : 'created', exists: 'exists', differs: 'DIFFERS' };
    terminal.out(
      table(
        ['TOPIC', 'ACTION', 'DETAIL'],
        applied.map((a) => [a.topic, word[a.action], a.detail]),
      ),
    );
    if (!applied.some((a) => a.action === 'differs')) return EXIT.ok;
    terminal.err('Topics that differ were left as they are; change them with the tools of your bus, or change the settings.\n');
    return EXIT.differs;
  });
}
