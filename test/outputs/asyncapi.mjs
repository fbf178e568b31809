// The AsyncAPI document as a stranger uses it: itself valid, its references followed, records judged by what it says of their message.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'yaml';
import { ROOT } from '../e2e/standalone.mjs';

const FILE = join(ROOT, 'libs/header-event/asyncapi.yaml');
const require = createRequire(import.meta.url);
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const options = { strict: false, allErrors: true, formats: { 'date-time': DATE_TIME, binary: true } };

export const document = parse(readFileSync(FILE, 'utf8'));

/** Throws where the document is not what AsyncAPI's own JSON Schema wants. */
export function checkDocument() {
  const schema = require('@asyncapi/specs/schemas/3.0.0.json');
  const validate = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false }).compile(schema);
  assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 1));
}

function resolve(node) {
  if (node?.$ref === undefined) return node;
  if (!node.$ref.startsWith('#/')) return JSON.parse(readFileSync(join(dirname(FILE), node.$ref), 'utf8'));
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], document);
}

const json = (schema) => {
  const validate = new Ajv2020(options).compile(resolve(schema));
  return (value, what) => assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors?.slice(0, 3))}\n${JSON.stringify(value).slice(0, 500)}`);
};

/** Types as apache-arrow says them, for those of the document. */
const ARROW = [
  [/^timestamp\[ns, tz=UTC\]$/, /^Timestamp<NANOSECOND/],
  [/^dictionary</, /^Dictionary<Int32, Utf8>$/],
  [/^list<struct/, /^List<Struct</],
  [/^(u?)int(\d+)$/, null],
];

function arrowCheck({ schema: { columns } }) {
  return (bytes, what) => {
    const { fields } = tableFromIPC(bytes).schema;
    assert.deepEqual(
      fields.map((f) => f.name),
      columns.map((c) => c.name),
      what,
    );
    columns.forEach(({ name, type }, i) => {
      const [pattern, wanted] = ARROW.find(([p]) => p.test(type)) ?? [];
      assert.ok(pattern, `${name}: the type ${type} is not known to this test`);
      const found = String(fields[i].type);
      if (wanted) assert.match(found, wanted, `${what}: ${name}`);
      else assert.equal(found.toLowerCase(), type, `${what}: ${name}`);
    });
  };
}

/** channel -> a judge of its records, by the one message that it carries */
export function judges() {
  return new Map(
    Object.entries(document.channels).map(([channel, { address, messages }]) => {
      const [message] = Object.values(messages).map(resolve);
      const headers = message.headers ? json(message.headers) : () => undefined;
      const { contentType, payload } = message;
      const body =
        contentType === 'application/json'
          ? (
              (check) => (bytes, what) =>
                check(JSON.parse(bytes), what)
            )(json(payload))
          : contentType === 'application/vnd.apache.arrow.stream'
            ? arrowCheck(payload)
            : () => undefined;
      const judge = (record) => {
        const what = `${address}/${record.partition}/${record.offset}`;
        headers(record.headers, `${what}: headers`);
        body(record.value, what);
      };
      return [channel, { address, judge }];
    }),
  );
}
