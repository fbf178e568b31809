import { Worker } from 'node:worker_threads';
import { BusError } from '../port.ts';
import type { BusSettings } from '../port.ts';
import type { WorkerCalls, WorkerReply } from './protocol.ts';

/** Run from the sources (Node strips the types) and from dist alike. */
const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

class WorkerBusError extends BusError {
  constructor(code: BusError['code'], message: string) {
    super(code);
    this.message = message;
  }
}

/** The worker as promises. */
export class BusThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Set<() => void>();
  #nextId = 1;
  #gone: Error | undefined;

  private constructor(settings: Extract<BusSettings, { kind: 'embedded' }>) {
    this.#worker = new Worker(workerFile, { workerData: settings, name: 'headwater-bus' });
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#end(new BusError('unreachable', { detail: `the bus thread failed: ${String(error)}` }, { cause: error })));
    this.#worker.on('exit', () => this.#end(new BusError('closed')));
  }

  static async open(settings: Extract<BusSettings, { kind: 'embedded' }>): Promise<BusThread> {
    const thread = new BusThread(settings);
    await new Promise<void>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    return thread;
  }

  #receive(reply: WorkerReply): void {
    if ('changed' in reply) {
      for (const listener of this.#listeners) listener();
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (!('error' in reply)) waiting?.resolve(reply.result as never);
    else waiting?.reject(reply.error.code === undefined ? new Error(reply.error.message) : new WorkerBusError(reply.error.code, reply.error.message));
  }

  #end(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
    for (const listener of this.#listeners) listener();
  }

  call<K extends keyof WorkerCalls>(call: K, ...args: Parameters<WorkerCalls[K]>): Promise<ReturnType<WorkerCalls[K]>> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      this.#worker.postMessage({ id, call, args });
    });
  }

  /** Called after commits, by this or other processes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#gone !== undefined) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    await this.call('close').catch(() => undefined);
    this.#gone = new BusError('closed');
    await exited;
  }
}
