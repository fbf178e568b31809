/** Least recently used entries go when the weights of all are over the budget. */
export class WeightedCache<V> {
  readonly #budget: number;
  readonly #entries = new Map<string, { value: V; weight: number }>();
  #weight = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  set(key: string, value: V, weight: number): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#weight -= old.weight;
    this.#entries.delete(key);
    if (weight > this.#budget) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest, entry] of this.#entries) {
      if (this.#weight <= this.#budget) break;
      this.#entries.delete(oldest);
      this.#weight -= entry.weight;
    }
  }
}
