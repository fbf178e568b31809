import base from '../../vitest.config.ts';

// Vitest hands these conditions to node, where "import" would also hold for require() and give CommonJS packages the ES
// modules of others. Vite adds "import" where it belongs itself.
const conditions = ['@headwater/source', 'node'];

export default { ...base, resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };
