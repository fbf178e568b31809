// test/allowed-skips: which tests may be skipped, and why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../repo.mjs';

/** @returns {(name: string) => string | null} the reason a test of this name may be skipped, or null */
export function parseAllowedSkips(text) {
  const rules = text
    .split('\n')
    .filter((l) => l.trim() !== '' && !l.startsWith('#'))
    .map((l) => {
      const [name, reason] = l.split(' -- ').map((s) => s.trim());
      if (!name || !reason) throw new Error(`test/allowed-skips: "${l}" must be: name of the test -- reason`);
      return {
        match: new RegExp(
          `^${name
            .split('*')
            .map((p) => p.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
            .join('.*')}$`,
        ),
        reason,
      };
    });
  return (name) => rules.find((r) => r.match.test(name))?.reason ?? null;
}

export const allowedSkip = () => parseAllowedSkips(readFileSync(join(ROOT, 'test/allowed-skips'), 'utf8'));
