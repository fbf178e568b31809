import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { HostFile } from './host-file.ts';

const text = (version: number, more = ''): string => `schema: 1\nid: shop\nversion: ${version}\n${more}`;
const done: (() => void)[] = [];
afterEach(() => done.splice(0).forEach((f) => f()));

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'hw-policy-file-'));
  done.push(() => rmSync(dir, { recursive: true }));
  return dir;
}

function watched(file: string, unusable: (version: number) => boolean = () => false) {
  const refusals: string[] = [];
  const host = new HostFile(
    file,
    (d) => {
      if (unusable(d.version)) throw new Error('this host cannot');
    },
    (r) => refusals.push(`${r.code} ${r.policy}: ${r.reason}`),
  );
  host.watch();
  done.push(() => host.close());
  return { host, refusals };
}

async function until(what: () => boolean, ms = 5_000): Promise<number> {
  const began = performance.now();
  while (!what()) {
    if (performance.now() - began > ms) throw new Error('did not happen in time');
    await sleep(10);
  }
  return performance.now() - began;
}

describe('HostFile', () => {
  it('refuses a bad file at the start, naming file and line', () => {
    const file = join(scratch(), 'policy.yaml');
    expect(() => new HostFile(file, () => undefined, () => undefined)).toThrow(/policy\.yaml: cannot be read \(ENOENT/); // prettier-ignore
    writeFileSync(file, text(1, 'querry_names: true\n'));
    expect(() => new HostFile(file, () => undefined, () => undefined)).toThrow(/policy\.yaml:4:1: querry_names: .*did you mean query_names/); // prettier-ignore
    expect(() => new HostFile(scratch(), () => undefined, () => undefined)).toThrow(/no regular file/); // prettier-ignore
  });

  it('takes what is written in place, and what an editor writes anew and renames', async () => {
    const file = join(scratch(), 'policy.yaml');
    writeFileSync(file, text(1));
    const { host, refusals } = watched(file);
    writeFileSync(file, text(2));
    await until(() => host.document.version === 2);
    writeFileSync(`${file}.swp`, text(3));
    renameSync(`${file}.swp`, file);
    await until(() => host.document.version === 3);
    expect(refusals).toEqual([]);
  });

  it('follows the swap of ..data that Kubernetes makes, and links to elsewhere', async () => {
    const dir = scratch();
    const version = (n: number, where = dir): void => {
      mkdirSync(join(where, `..v${n}`));
      writeFileSync(join(where, `..v${n}`, 'policy.yaml'), text(n));
      symlinkSync(`..v${n}`, join(where, '..data_tmp'));
      renameSync(join(where, '..data_tmp'), join(where, '..data'));
    };
    version(1);
    symlinkSync('..data/policy.yaml', join(dir, 'policy.yaml'));
    const { host } = watched(join(dir, 'policy.yaml'));
    version(2);
    await until(() => host.document.version === 2);

    const elsewhere = scratch();
    writeFileSync(join(elsewhere, 'p'), text(1));
    symlinkSync(join(elsewhere, 'p'), join(dir, 'link.yaml'));
    const far = watched(join(dir, 'link.yaml')).host;
    writeFileSync(join(elsewhere, 'p'), text(2));
    await until(() => far.document.version === 2);
  });

  it('keeps the one in force over a bad, an older, a changed, an unusable and a missing one, and says so until it is mended', async () => {
    const file = join(scratch(), 'policy.yaml');
    writeFileSync(file, text(5, 'path: keep\n'));
    const { host, refusals } = watched(file, (v) => v === 7);
    const refusedBy = async (write: () => void, reason: RegExp): Promise<void> => {
      refusals.length = 0;
      write();
      await until(() => refusals.length > 0);
      expect(refusals[0]).toMatch(reason);
      expect(host.document).toMatchObject({ version: 5, path: 'keep' });
    };
    await refusedBy(() => writeFileSync(file, text(6, 'path: kep\n')), /^HW_POLICY_FIELD policy\.yaml: .*policy\.yaml:4:7: path: is "kep"/);
    await refusedBy(() => writeFileSync(file, text(4)), /^HW_POLICY_OLDER shop@4: .*raise version to 6/);
    await refusedBy(() => writeFileSync(file, text(5, 'path: template\n')), /^HW_POLICY_OLDER shop@5: .*same version with another text/);
    await refusedBy(() => writeFileSync(file, text(7)), /^HW_POLICY_UNUSABLE shop@7: this host cannot/);
    await refusedBy(() => unlinkSync(file), /^HW_POLICY_READ policy\.yaml: .*ENOENT/);
    expect(host.refused).not.toBeNull();
    // The same words in another order and with a remark are the same document.
    writeFileSync(file, 'path: keep # as before\nversion: 5\nid: shop\nschema: 1\n');
    await until(() => host.refused === null);
    writeFileSync(file, text(8));
    await until(() => host.document.version === 8);
  });
});
