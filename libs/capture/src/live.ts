import { addon, type NativeLive } from './addon.ts';
import { toCaptureBatch } from './columns.ts';
import { CaptureError } from './errors.ts';
import { NativeDoors } from './native-doors.ts';
import { checkOptions } from './options.ts';
import type { Capture, CaptureBatch, CaptureOptions, ProbeInfo } from './port.ts';

class LiveCapture extends NativeDoors<NativeLive> implements Capture {
  readonly source = 'live';
  readonly probe: ProbeInfo;
  private ended: Promise<void> | undefined;

  constructor(native: NativeLive, probe: ProbeInfo) {
    super(native);
    this.probe = probe;
  }

  start(onBatch: (batch: CaptureBatch) => void, onEnd: (error: Error | null) => void): void {
    if (this.ended) throw new CaptureError('HW_CAPTURE_STATE', 'this capture was started before: open a new one');
    this.ended = new Promise((resolve) => {
      this.native.start(
        (raw) => onBatch(toCaptureBatch(raw)),
        (error) => {
          resolve();
          onEnd(error === '' ? null : new CaptureError('HW_CAPTURE_PROBE_GONE', error, { retryable: true }));
        },
      );
    });
  }

  async stop(): Promise<void> {
    this.native.stop();
    await this.ended;
  }

  pauseDrain(ms: number): void {
    this.native.pause(ms);
  }
}

/**
 * Connects to headwater-probe and takes over its ring. Nothing is read before `start`.
 * @throws CaptureError HW_CAPTURE_OPTION, HW_CAPTURE_ADDON, HW_CAPTURE_PROBE
 */
export async function openLive(o: { socketPath: string; options: CaptureOptions }): Promise<Capture> {
  checkOptions(o.options);
  const native = new (addon().Live)(o.options);
  const hello = native.open(o.socketPath);
  if (typeof hello === 'string') throw new CaptureError('HW_CAPTURE_PROBE', hello, { retryable: true });
  return new LiveCapture(native, hello);
}
