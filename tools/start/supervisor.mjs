// The processes of one start: launched in order, watched, ended in an order that leaves nothing captured behind.
import { join } from 'node:path';
import { Told, line, red } from '../say.mjs';
import { Process } from './process.mjs';

/** Ended in this order; the demo's customers first, so that their last visits are still seen. ms: how long each may take. */
const STOP_MS = { customers: 2_500, shop: 2_500, payments: 2_500, agent: 15_000, analyzer: 15_000, insights: 8_000, api: 8_000, identity: 8_000, probe: 5_000 };

export class Supervisor {
  #processes = new Map();
  #release;
  #ending = null;
  #endingSince = 0;

  /** @param {() => void} release called when all have ended */
  constructor(release) {
    this.#release = release;
  }

  /** `stateDir` and `owner` as in `takeStateDir`; `addOn`: the rest goes on without it. */
  launch(name, command, { stateDir, owner, addOn = false }) {
    if (this.#ending) throw new Told('stopped while starting', 0);
    const started = new Process({ name, command, logFile: join(stateDir, 'logs', `${name}.log`), owner });
    started.onDeath = (p) => (addOn ? this.#lost(p) : this.#died(p));
    this.#processes.set(name, started);
    return started;
  }

  /** Name -> pid. */
  pids() {
    return Object.fromEntries([...this.#processes].map(([name, p]) => [name, p.pid]));
  }

  get empty() {
    return this.#processes.size === 0;
  }

  get ending() {
    return this.#ending !== null;
  }

  /** A process that ends by itself takes the others with it, and is named with its last words. */
  #died(p) {
    if (this.#ending) return;
    process.stderr.write(`\n${obituary(p)}\n`);
    void this.end(1, `${p.name} ended`);
  }

  /** One that the others do without is named likewise, once. */
  #lost(p) {
    if (this.#ending) return;
    process.stderr.write(`\n${obituary(p)}\n  everything else goes on; start again to have ${p.name}\n`);
  }

  /** Ends everything and this process. */
  end(code, why) {
    if (this.#ending) {
      // npm and a terminal's group hand on the same signal twice; only a person's second one deserves an answer.
      if (why !== 'npm is gone' && performance.now() - this.#endingSince > 1_000) line('  stopping already; the last batches are being sent and folded');
      return this.#ending;
    }
    this.#endingSince = performance.now();
    this.#ending = this.#stopAll(code, why);
    return this.#ending;
  }

  async #stopAll(code, why) {
    if (!this.empty) line(`\nStopping (${why}): the agent drains first, then the rest.`);
    let worst = code;
    for (const [name, waitMs] of Object.entries(STOP_MS)) {
      const p = this.#processes.get(name);
      const how = await p?.stop(waitMs);
      if (how === undefined || how === 'exit code 0' || code !== 0) continue;
      // Still starting, in the background: it had nothing to end in order yet.
      if (p.isReady === false && how === 'signal SIGTERM') continue;
      worst = 1;
      line(`${red('✗')} ${name}: ${how}; ${this.#processes.get(name).logFile}`);
    }
    this.#release();
    line(worst === 0 ? 'Stopped; nothing captured was left behind.' : 'Stopped.');
    process.exit(worst);
  }
}

const obituary = (p) => `${red('✗')} ${p.name} (pid ${p.pid}) ended by itself: ${p.ended}; its last words:\n${p.lastWords()}\n  all of it: ${p.logFile}`;
