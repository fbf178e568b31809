// Records the demo shop for those who may not capture: 45 s of it, as the kernel programs saw them. Run as root:
//   node infra/demo/record.mjs
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, sleep } from '../../test/kernel/harness.mjs';
import { RECORDED } from './recorded.mjs';

const SECONDS = 45;
const out = join(import.meta.dirname, 'recordings');
const scratch = mkdtempSync(join(tmpdir(), 'headwater-demo-'));
mkdirSync(out, { recursive: true });
const run = (script, ...args) => spawn(process.execPath, [join(import.meta.dirname, script), ...args.map(String)], { stdio: 'inherit' });
const stop = async (child) => {
  const gone = new Promise((ok) => child.once('exit', ok));
  child.kill('SIGTERM');
  await gone;
};

const { shop, payments } = RECORDED;
const file = join(out, 'demo-shop.hwrec');
const cap = await capture([`port=${shop}`, `port=${payments}`], { readerArgs: ['--record', file] });
const services = [run('payments.mjs', payments, join(scratch, 'payments')), run('shop.mjs', shop, payments, join(scratch, 'shop'))];
await sleep(1_000);
const customers = run('customers.mjs', shop);
await sleep(SECONDS * 1_000);
await stop(customers);
for (const service of services) await stop(service);
await cap.settled();
await cap.stop();
rmSync(scratch, { recursive: true });
console.log(file, cap.records.length, 'records', statSync(file).size, 'bytes');
