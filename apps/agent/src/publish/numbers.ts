/** The place of a batch among those of its incarnation and host. */
export interface Place {
  /** 1, 2, 3 ... in the order in which the bus is first offered the batches */
  seq: number;
  /** exchanges in those with smaller numbers, and in this one, when it was numbered; absent: numbered by a version before 0.2 */
  before?: number;
  exchanges?: number;
}

/** Places of one incarnation, by host. */
export class Numbers {
  private readonly last = new Map<string, { seq: number; exchanges: number }>();

  next(hostId: string, exchanges: number): Required<Place> {
    const last = this.last.get(hostId) ?? { seq: 0, exchanges: 0 };
    this.last.set(hostId, { seq: last.seq + 1, exchanges: last.exchanges + exchanges });
    return { seq: last.seq + 1, before: last.exchanges, exchanges };
  }
}
