import { readFileSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { MAX_POLICY_BYTES, PolicyError, canonicalPolicy, policyName, readPolicy } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

const POLL_MS = 2_000;
/** A file that changed is read once it has stayed the same for so long: not every editor writes it in one go. */
const SETTLE_MS = 100;

/** @throws PolicyError HW_POLICY_READ, _SIZE, _SYNTAX, _FIELD; the message names the file */
export function readPolicyFile(file: string): PolicyDocument {
  let bytes: Uint8Array;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new Error('it is no regular file');
    if (stat.size > MAX_POLICY_BYTES) throw new PolicyError('HW_POLICY_SIZE', `${file}: has ${stat.size} bytes, and a policy has at most ${MAX_POLICY_BYTES}`);
    bytes = readFileSync(file);
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    throw new PolicyError('HW_POLICY_READ', `${file}: cannot be read (${(cause as Error).message})`, { cause });
  }
  return readPolicy(bytes, file);
}

/**
 * The policy file of this host while it is watched. Watching the directory sees editors that write anew and rename,
 * and Kubernetes, which swaps the symbolic link `..data`; the poll sees what watching does not (links to elsewhere,
 * network file systems, a directory made anew).
 */
export class HostFile {
  readonly file: string;
  document: PolicyDocument;
  loadedAt = new Date();
  refused: Refusal | null = null;
  private readonly offer: (document: PolicyDocument) => void;
  private readonly onRefused: (refused: Refusal) => void;
  private handled: string;
  private seen = '';
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;
  private settle: NodeJS.Timeout | null = null;

  /**
   * @param offer takes a new document into force, or throws and nothing has changed
   * @throws PolicyError when the file is no policy
   */
  constructor(file: string, offer: (document: PolicyDocument) => void, onRefused: (refused: Refusal) => void) {
    this.file = file;
    this.offer = offer;
    this.onRefused = onRefused;
    this.handled = this.mark();
    this.document = readPolicyFile(file);
  }

  watch(): void {
    this.timer = setInterval(() => this.look(), POLL_MS);
    try {
      this.watcher = watch(dirname(this.file), () => this.soon());
      // Without it (no inotify left, the directory gone) the poll remains.
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      this.watcher = null;
    }
  }

  close(): void {
    clearInterval(this.timer ?? undefined);
    clearTimeout(this.settle ?? undefined);
    this.watcher?.close();
  }

  private soon(): void {
    this.settle ??= setTimeout(() => {
      this.settle = null;
      this.look();
    }, SETTLE_MS);
  }

  private look(): void {
    const mark = this.mark();
    if (mark === this.handled) return;
    if (mark !== this.seen) {
      this.seen = mark;
      this.soon();
      return;
    }
    this.handled = mark;
    let name = basename(this.file);
    try {
      const next = readPolicyFile(this.file);
      name = policyName(next);
      if (canonicalPolicy(next) !== canonicalPolicy(this.document)) {
        this.refuseOlder(next);
        this.offer(next);
        this.document = next;
        this.loadedAt = new Date();
      }
      this.refused = null;
    } catch (error) {
      this.refused = refusal('file', name, error);
      this.onRefused(this.refused);
    }
  }

  /** Every event names `id@version`, so one such name is one text. */
  private refuseOlder(next: PolicyDocument): void {
    const { id, version } = this.document;
    if (next.id !== id || next.version > version) return;
    const what = next.version === version ? 'the same version with another text' : 'an older version';
    throw new PolicyError('HW_POLICY_OLDER', `${this.file}: ${policyName(next)} is ${what}, and ${policyName(this.document)} is in force: raise version to ${version + 1} or more`);
  }

  /** Changes with the file, also when a link now leads elsewhere. */
  private mark(): string {
    try {
      const { ino, size, mtimeNs, ctimeNs } = statSync(this.file, { bigint: true });
      return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'gone';
    }
  }
}
