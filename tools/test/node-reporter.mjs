// Reporter for node --test: one JSON line for each test that ended, suites left out.
export default async function* reporter(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    // A file that died is reported as one failed test; a parent is counted beside its subtests, as node does.
    const skip = data.skip !== undefined ? (data.skip === true || data.skip === '' ? 'no reason given' : data.skip) : data.todo !== undefined ? 'todo' : null;
    const error = data.details?.error;
    yield `${JSON.stringify({
      status: skip !== null ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
      name: data.name,
      file: data.file,
      ms: Math.round(data.details?.duration_ms ?? 0),
      ...(skip !== null ? { reason: skip } : {}),
      ...(type === 'test:fail' ? { error: String(error?.cause?.stack ?? error?.cause ?? error?.message ?? error).slice(0, 8_000) } : {}),
    })}\n`;
  }
}
