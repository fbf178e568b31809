import type { RunningRedis } from './start.d.mts';

export interface RunningCluster {
  readonly masters: RunningRedis[];
  /** replica i follows master i modulo the number of masters */
  readonly replicas: RunningRedis[];
  /** host:port of all, for `cluster` in the settings */
  readonly nodes: string[];
  stop(): Promise<void>;
}
export function startCluster(options?: {
  masters?: number;
  replicas?: number;
  dir?: string;
  appendonly?: boolean;
  config?: Record<string, string | number>;
}): Promise<RunningCluster>;
export function until(probe: () => Promise<unknown>, complaint: string): Promise<void>;
export function freePort(): Promise<number>;
