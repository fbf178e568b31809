export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly pid: number | undefined;
  command(...args: (string | number)[]): Promise<unknown>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  snapshot(): Promise<void>;
  restoreSnapshot(): Promise<void>;
  reloadSnapshot(): Promise<void>;
}
export function startRedis(options?: { dir?: string; port?: number; appendonly?: boolean; config?: Record<string, string | number>; sentinelFile?: string }): Promise<RunningRedis>;
