// openapi.json from the compiled code; --check only compares. Decorators keep node from running the source itself.
await import('./dist/openapi/gen.js');
