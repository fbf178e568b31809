import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS, PHASES, ROLES, type ColumnSpec } from '@headwater/header-event';

type Schema = Readonly<Record<string, unknown>>;

const header: Schema = {
  type: 'object',
  required: ['name', 'value', 'action'],
  properties: {
    name: { type: 'string', description: 'As sent.' },
    value: { type: 'string', description: 'After redaction at the host.' },
    action: { type: 'string', enum: [...HEADER_ACTIONS, 'unknown'], description: 'What happened to the value at the host.' },
  },
};

function property({ name, type, description }: ColumnSpec): Schema {
  if (name === 'headwater.phase') return { type: 'string', enum: PHASES, description: 'A whole exchange, or the begin or the end of a long one.' };
  if (name === 'headwater.role') return { type: 'string', enum: ROLES, description: 'Side of the exchange that was watched.' };
  if (name === 'headwater.flags') return { type: 'array', items: { type: 'string', enum: Object.keys(EVENT_FLAGS) }, description: 'What is known to be imperfect.' };
  if (type === 'headers') return { type: 'array', items: header, description: `${description} In wire order, casing and repeats kept.` };
  if (type === 'string' || type === 'time_ns' || type === 'u64') return { type: 'string', description };
  return { type: 'integer', description };
}

/** The header event of v1 as JSON (schemas/header-event.v1.schema.json of libs/header-event says more). v1 only grows: readers ignore what they do not know. */
export const headerEvent: Schema = {
  type: 'object',
  description: 'One exchange, a header event of v1: the names are those of OpenTelemetry. What is absent or unknown is left out.',
  required: ['start_time', 'headwater.phase', 'headwater.role', 'http.request.headers', 'http.response.headers'],
  properties: Object.fromEntries(EVENT_COLUMNS.map((c: ColumnSpec) => [c.name, property(c)])),
};
