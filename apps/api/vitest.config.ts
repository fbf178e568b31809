import base from '../../vitest.config.ts';

// Vitest hands these conditions to node, where "import" would also hold for require(): express' router (CommonJS) would
// get the ES module of is-promise and fail with "isPromise is not a function". Vite adds "import" where it belongs itself.
const conditions = ['@headwater/source', 'node'];

export default { ...base, resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };
