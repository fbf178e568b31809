import type { NextFunction, Request, Response } from 'express';
import type { Paths } from './paths.ts';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Counters of this process. Routes are templates of ours, so the number of series is bounded. */
export class ApiMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #known: Paths;

  constructor(paths: Paths) {
    this.#known = paths;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({ name: 'headwater_api_requests_total', help: 'Requests answered.', labelNames: ['route', 'method', 'status'], registers });
    this.#seconds = new Histogram({
      name: 'headwater_api_request_seconds',
      help: 'Time to answer.',
      labelNames: ['route'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** A gauge that is read when somebody asks. */
  watch(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  readonly middleware = (req: Request, res: Response, next: NextFunction): void => {
    const from = process.hrtime.bigint();
    res.once('finish', () => {
      const route = this.#known.of(req.path)?.template ?? 'other';
      const method = ['GET', 'HEAD', 'POST', 'DELETE'].includes(req.method) ? req.method : 'other';
      this.#requests.inc({ route, method, status: String(res.statusCode) });
      this.#seconds.observe({ route }, Number(process.hrtime.bigint() - from) / 1e9);
    });
    next();
  };
}
