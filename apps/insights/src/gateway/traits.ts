import { GatewayError } from './port.ts';
import type { Told } from './judge.ts';
import { scrubbed } from './words.ts';

/** Fields of a request that models take or refuse. */
export interface Form {
  /** field that says how long the answer may be; null: none does */
  limit: string | null;
  /** reasoning models take no temperature but their own */
  temperature: boolean;
}

/** Which form this gateway's model takes: learned from its 400s, remembered while the process lives. */
export class Traits {
  readonly #limits: readonly Form['limit'][];
  form: Form;

  /** @param limits in the order they are tried */
  constructor(limits: readonly Form['limit'][]) {
    this.#limits = limits;
    this.form = { limit: limits[0] ?? null, temperature: true };
  }

  /** @param sent form of the request that was refused. @returns the error to repeat it for, in the new form; null: it was about something else */
  learn({ message, param }: Pick<Told, 'message' | 'param'>, status: number, sent: Form): GatewayError | null {
    if (!UNKNOWN.test(message)) return null;
    const names = (field: string): boolean => param === field || new RegExp(`\\b${field}\\b`).test(message);
    if (sent.limit !== null && names(sent.limit)) {
      const other = this.#limits.find((l) => l !== sent.limit);
      if (other === undefined) return null;
      this.form = { ...this.form, limit: other };
      return again(sent.limit, status, other === null ? 'none' : other);
    }
    if (!sent.temperature || !names('temperature')) return null;
    this.form = { ...this.form, temperature: false };
    return again('a temperature', status, 'none');
  }
}

const UNKNOWN = /un(known|supported|recogni[sz]ed|expected)|not (be )?(supported?|permitted|allowed)|extra (fields|inputs)|only the default/i;

function again(refused: string, status: number, instead: string): GatewayError {
  // Twice: one may be refused after the other.
  return new GatewayError('rejected', scrubbed(`The model does not take ${refused}; from now on ${instead} is sent in its place`), { retryable: true, retryLimit: 2, status });
}
