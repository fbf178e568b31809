/** Calls through it are counted where they write; at the given one the process is gone: before it is done, or after. */
export class Mortal {
  calls = 0;
  dead = false;
  private readonly at: number;
  private readonly after: boolean;
  constructor(at: number, after: boolean) {
    this.at = at;
    this.after = after;
  }

  of<T extends object>(door: T, writes: readonly string[]): T {
    return new Proxy(door, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const dies = writes.includes(String(name)) && ++this.calls === this.at;
          if (this.dead || (dies && !this.after)) return this.die();
          const answer = (await (value as (...a: unknown[]) => Promise<unknown>).apply(target, args)) as unknown;
          return dies ? this.die() : answer;
        };
      },
    });
  }

  private die(): never {
    this.dead = true;
    throw new Error('the process is gone');
  }
}
