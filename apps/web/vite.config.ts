// Built into dist/, which the API serves. `vite` (npm run dev) serves the sources instead and passes /v1 and /bff on
// to HEADWATER_API, for development only with a bearer token from HEADWATER_TOKEN in place of the login.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const api = process.env.HEADWATER_API ?? 'http://127.0.0.1:8470';
const token = process.env.HEADWATER_TOKEN;
const proxied = { target: api, ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}) };
const proxy = { '/v1': proxied, '/bff': proxied };

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Nothing inline: the API's content security policy allows files of its own origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 450,
  },
  server: { proxy },
  preview: { proxy },
});
