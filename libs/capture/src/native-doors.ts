import type { NativeCapture } from './addon.ts';
import { checkRules, checkThrottle } from './options.ts';
import type { CaptureRules, CaptureTotals, PodNames } from './port.ts';

/** What live and replayed captures pass on to the core alike; described in port.ts. */
export abstract class NativeDoors<Native extends NativeCapture> {
  protected readonly native: Native;

  constructor(native: Native) {
    this.native = native;
  }

  totals(): CaptureTotals {
    return JSON.parse(this.native.totals()) as CaptureTotals;
  }

  reconfigure(rules: CaptureRules): void {
    checkRules(rules);
    this.native.reconfigure(rules);
  }

  throttle(oneIn: number): void {
    checkThrottle(oneIn);
    this.native.throttle(oneIn);
  }

  setPods(pods: readonly PodNames[]): void {
    this.native.setPods(pods);
  }
}
