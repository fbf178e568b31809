import pino from 'pino';
import { StateStoreError } from '@headwater/state-store';
import { StoreError } from '@headwater/summary-store';
import { createApi } from '../app.ts';
import { buildDocument } from './document.ts';

/** The document as it is committed. The app is built, never asked: it needs no store and no issuer for that. */
export async function describeApi(): Promise<string> {
  const app = await createApi(
    { baseUrl: 'http://127.0.0.1:8470', resource: 'http://127.0.0.1:8470', issuers: [], rateLimit: { requests: 1, windowS: 1 }, topic: '' },
    {
      summaries: () => {
        throw new StoreError('unreachable', { detail: 'none' });
      },
      state: () => {
        throw new StateStoreError('unreachable', { detail: 'none' });
      },
      log: pino({ level: 'silent' }),
    },
  );
  try {
    return `${JSON.stringify(buildDocument(app), null, 2)}\n`;
  } finally {
    await app.close();
  }
}
