import { setImmediate as turn } from 'node:timers/promises';
import type { ClosedHead, Resolution } from '@headwater/summary-store';
import type { TimeRange } from '../query/time.ts';
import type { Decoder, Lens } from '../windows/decoded.ts';
import { isHosts, Revisions, serviceOf, type Window, type WindowReader } from '../windows/reader.ts';
import { QualityFold } from './quality.ts';

type Span = Pick<TimeRange, 'start' | 'end'>;
type Holder = Pick<Lens<never>, 'held'>;
type Take<V> = (value: V, window: Window, service: string) => void;

/** Others are let in after this much work without a pause, ms. */
const SLICE_MS = 10;

/** Reads windows for one question: what a lens sees of them goes to the question's fold, the rest is told here. */
export class Gatherer {
  readonly quality = new QualityFold();
  readonly #revisions = new Revisions();
  readonly #reader: WindowReader;
  readonly #decoder: Decoder;
  readonly #services: readonly string[] | null;
  #since = performance.now();

  constructor(reader: WindowReader, decoder: Decoder, services: readonly string[] | null) {
    this.#reader = reader;
    this.#decoder = decoder;
    this.#services = services;
  }

  /** A part of the question's range: it counts for the quality. `passed` is told how far the reading is. */
  async range<V>(span: Span, coarsest: Resolution, lens: Lens<V>, take: Take<V>, passed: (end: number) => void = () => undefined): Promise<void> {
    const hosts = this.#decoder.hosts();
    await this.#read(
      span,
      coarsest,
      (w) => (isHosts(w) ? hosts : lens),
      (w) => {
        this.quality.add(w, isHosts(w) ? hosts.of(w) : []);
        const service = serviceOf(w);
        if (service !== null) for (const value of lens.of(w)) take(value, w, service);
      },
      passed,
    );
  }

  /**
   * A range to compare with: what the hosts' account of then says is not needed.
   * @param watched told of each account that is there
   */
  async compare<V>(span: Span, lens: Lens<V>, take: Take<V>, { coarsest = '1h', watched }: { coarsest?: Resolution; watched?: (start: number) => void } = {}): Promise<void> {
    await this.#read(
      span,
      coarsest,
      (w) => (isHosts(w) ? null : lens),
      (w) => {
        const service = serviceOf(w);
        if (service !== null) for (const value of lens.of(w)) take(value, w, service);
      },
      () => undefined,
      watched,
    );
  }

  /** What was read elsewhere, by its tag. */
  dependsOn(tag: string): void {
    this.#revisions.addTag(tag);
  }

  /** @param rest whatever else the answer depends on */
  tag(rest: unknown): string {
    return this.#revisions.tag(rest);
  }

  /** Lets other work in, where this one has gone on for long. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await turn();
    this.#since = performance.now();
  }

  async #read(
    span: Span,
    coarsest: Resolution,
    lensOf: (w: { subject: string }) => Holder | null,
    add: (w: Window) => void,
    passed: (end: number) => void,
    unread?: (start: number) => void,
  ): Promise<void> {
    // No lens: its bytes are not needed at all.
    const held = (closed: ClosedHead): boolean => lensOf(closed)?.held(closed) ?? true;
    for await (const { windows, end } of this.#reader.read({ range: span, services: this.#services, coarsest }, held)) {
      this.#since = performance.now();
      for (const w of windows) {
        if (lensOf(w) === null) {
          unread?.(w.start);
          continue;
        }
        this.#revisions.add(w);
        add(w);
        await this.pause();
      }
      passed(end);
    }
  }
}
