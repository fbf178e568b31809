/** Where rows go. Nothing is held without bound: what cannot be taken is refused, and the caller counts it. */
export interface Sink {
  /** Whole lines; false: not taken. */
  write(text: string): boolean;
  /** bytes of one write that it takes well; a row that is larger is written alone */
  readonly chunkBytes: number;
  /** Resolves when there is room again, or the sink is gone. */
  room(): Promise<void>;
  /** Aborted when there is nobody to write for any more (a pipe whose reader left). */
  readonly gone: AbortSignal;
  /** Writes what is held, for at most `ms`. */
  end(ms: number): Promise<void>;
}
