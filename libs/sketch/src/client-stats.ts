import type { Reader, Writer } from './bytes.ts';

/** Status codes that a client is told apart by; what is over is counted by class, as 1 to 5. */
const MAX_STATUSES = 24;

/** What one client of a service was answered in one window (role `server` only). */
export class ClientStats {
  /** `service.peer.name` where the host knows it, else `client.address` as the policy let it leave; `{other}` over the budget */
  readonly name: string;
  /** exchanges, weights summed */
  exchanges = 0;
  /** those of them without a whole response (error.type) */
  errors = 0;
  /** status code -> exchanges; 0: there was none; 1 to 5: other codes of that class */
  readonly statuses = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
  }

  add(status: number, weight: number): void {
    this.exchanges += weight;
    const key = this.statuses.has(status) || this.statuses.size < MAX_STATUSES ? status : classOf(status);
    this.statuses.set(key, (this.statuses.get(key) ?? 0) + weight);
  }

  merge(other: ClientStats): void {
    this.exchanges += other.exchanges;
    this.errors += other.errors;
    for (const [status, n] of other.statuses) this.statuses.set(status, (this.statuses.get(status) ?? 0) + n);
    if (this.statuses.size <= MAX_STATUSES) return;
    // The rarest go; ties by code, so that the order of merges does not matter.
    const rarest = [...this.statuses].filter(([status]) => status >= 100).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const classes = this.statuses.size - rarest.length;
    for (const [status, n] of rarest.slice(Math.max(0, MAX_STATUSES - classes))) {
      this.statuses.delete(status);
      this.statuses.set(classOf(status), (this.statuses.get(classOf(status)) ?? 0) + n);
    }
  }

  write(w: Writer): void {
    w.string(this.name);
    w.uint(this.exchanges);
    w.uint(this.errors);
    w.uint(this.statuses.size);
    for (const [status, n] of [...this.statuses].sort((a, b) => a[0] - b[0])) {
      w.uint(status);
      w.uint(n);
    }
  }

  static read(r: Reader): ClientStats {
    const c = new ClientStats(r.string());
    c.exchanges = r.uint();
    c.errors = r.uint();
    for (let n = r.uint(); n > 0; n--) {
      const status = r.uint();
      c.statuses.set(status, r.uint());
    }
    return c;
  }
}

function classOf(status: number): number {
  return status < 100 ? status : Math.min(5, Math.floor(status / 100));
}
