import type { Capture } from '@headwater/capture';
import type { TailSource } from './source.ts';

/** What the capture of this process gives: live from a probe, or a recording. */
export function captureSource(title: string, host: string, open: () => Promise<Capture>): TailSource {
  let scope = '';
  return {
    get title() {
      return title + scope;
    },
    patient: false,
    async run(onBatch, stop, onReading) {
      const capture = await open();
      if (capture.probe) scope = ` ${capture.probe.scope}`;
      let failure: unknown;
      const ended = new Promise<Error | null>((ok) => {
        capture.start((batch) => {
          Promise.resolve(onBatch({ host, sequence: null, ...batch })).catch((error: unknown) => (failure ??= error));
        }, ok);
      });
      onReading();
      const stopped = new Promise<null>((ok) => (stop.aborted ? ok(null) : stop.addEventListener('abort', () => ok(null), { once: true })));
      const why = await Promise.race([ended, stopped]);
      await capture.stop();
      if (failure !== undefined) throw failure as Error;
      if (why instanceof Error && !stop.aborted) throw why;
    },
  };
}
