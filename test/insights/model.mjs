// The model behind every gateway of the test: it says something sensible of what it was given, unless a fault was planted for the route
// that the question is about. A route tells the questions apart, since services go by alias.
import { FAULTS, OPENAI_HEADERS, WireServer, askedOf, completion, openaiError } from '../../apps/insights/dist/testing/stubs/index.js';

export { FAULTS };

/** What stands between the two lines that fence the data in the user's message; null: nothing does. */
export function inputOf(call) {
  const fenced = /^BEGIN (\S+)\n([\s\S]*)\nEND \1$/m.exec(askedOf(call).messages.find((m) => m.role === 'user')?.content ?? '');
  return fenced === null ? null : JSON.parse(fenced[2]);
}

/** A finding on the endpoint that fails most, in the ids of the input, as a model that was told no names would write it. */
export function sensible(input) {
  const [worst] = input.endpoints.toSorted((a, b) => b.error_pct - a.error_pct);
  if (worst === undefined) return { findings: [] };
  const failures = input.failures.filter((f) => f.endpoint === worst.id);
  const alerts = input.alerts.filter((a) => a.about === worst.id || a.about === worst.service);
  return {
    findings: [
      {
        title: `${worst.id} of ${worst.service} fails`,
        severity: 'page',
        what_changed: `${worst.error_pct} % of the exchanges of ${worst.id} failed.`,
        likely_cause: `Something that ${worst.service} depends on refuses.`,
        check_next: [`Look at failed exchanges of ${worst.id}.`],
        confidence: 'medium',
        evidence: [worst.id, ...failures.map((f) => f.id), ...alerts.map((a) => a.id)].slice(0, 8),
      },
    ],
  };
}

/** @param change of what would have been said */
export const saying = (change) => ({ say: (input) => change(sensible(input), input) });
export const GOOD = saying((answer) => answer);

export class Model {
  server = new WireServer((call) => this.#answer(call));
  /** asked for as a bearer token, where it is set */
  key = null;
  #planted = new Map();

  /** Questions about this route get these in turn, the last of them from then on. */
  plant(route, behaviours) {
    this.#planted.set(route, [...behaviours]);
  }

  /** Requests that reached it about a route. */
  about(route) {
    return this.server.calls.filter((call) => call.body.includes(route));
  }

  get url() {
    return this.server.url;
  }

  #answer(call) {
    if (call.method !== 'POST' || !call.path.endsWith('/chat/completions')) return openaiError(404, `Invalid URL (${call.method} ${call.path})`);
    if (this.key !== null && !call.headers.some(([name, value]) => name.toLowerCase() === 'authorization' && value === `Bearer ${this.key}`))
      return openaiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
    const route = [...this.#planted.keys()].find((r) => call.body.includes(r));
    const waiting = this.#planted.get(route) ?? [GOOD];
    const behaviour = waiting.length > 1 ? waiting.shift() : waiting[0];
    if (behaviour.reply !== undefined) return behaviour.reply;
    const input = inputOf(call);
    const said = behaviour.say ? { content: JSON.stringify(behaviour.say(input)) } : typeof behaviour === 'string' ? { content: behaviour } : behaviour;
    return { status: 200, headers: OPENAI_HEADERS, body: JSON.stringify(completion(askedOf(call).model, said)) };
  }
}
