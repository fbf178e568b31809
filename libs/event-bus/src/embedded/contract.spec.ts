import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busContract } from '../contract.ts';
import { openBus } from '../index.ts';

busContract('embedded', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-bus-'));
  const path = join(dir, 'bus.sqlite');
  const open = () => openBus({ kind: 'embedded', path, retentionMs: 86_400_000, retentionBytes: 1 << 30 });
  return {
    open,
    recreate: async (topic) => {
      rmSync(dir, { recursive: true });
      const bus = await open();
      await bus.applyTopics([topic], { dryRun: false });
      await bus.close();
    },
    close: async () => rmSync(dir, { recursive: true }),
  };
});
