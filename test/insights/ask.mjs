// Insights as a client of the REST API asks for them.
import { eventually, get, token } from '../e2e/standalone.mjs';

/** Asks for an insight. @returns {Promise<{ status: number, location: string | null, body: any }>} */
export async function submit(info, question) {
  const answer = await fetch(`${info.api}/v1/insights`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token(info, 'insights:submit insights:read')}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  return { status: answer.status, location: answer.headers.get('location'), body: await answer.json() };
}

/** The findings by rules are there before a model was asked. */
export const isOver = ({ state, model }) => state === 'failed' || (state === 'done' && model.state !== 'pending');

/** Waits for the end of an insight. */
export async function ended(info, path, timeoutMs = 30_000) {
  const bearer = await token(info);
  let row;
  const over = await eventually(
    async () => {
      row = await get(info, bearer, path);
      return isOver(row);
    },
    timeoutMs,
    100,
  );
  if (!over) throw new Error(`${path} did not end: ${JSON.stringify(row)}`);
  return row;
}

/** All events of an insight's stream, to its end. @returns {Promise<any[]>} */
export async function follow(info, path) {
  const answer = await fetch(`${info.api}${path}/events`, {
    headers: { authorization: `Bearer ${await token(info)}`, accept: 'text/event-stream' },
    signal: AbortSignal.timeout(60_000),
  });
  if (!answer.ok) throw new Error(`${path}/events: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));
}
