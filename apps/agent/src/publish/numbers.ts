/** Sequence numbers of one incarnation, by host: 1, 2, 3 ... in the order in which the bus is first offered the batches. */
export class Numbers {
  private readonly last = new Map<string, number>();

  next(hostId: string): number {
    const seq = (this.last.get(hostId) ?? 0) + 1;
    this.last.set(hostId, seq);
    return seq;
  }
}
