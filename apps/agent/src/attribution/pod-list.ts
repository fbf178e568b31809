import type { PodNames } from '@headwater/capture';

/** A pod from a file on the node: its cgroup carries this hash, while its uid is that of the mirror pod on the API server. */
const CONFIG_HASH = 'kubernetes.io/config.hash';
const STATUSES = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

type Json = Record<string, unknown>;
const object = (v: unknown): Json => (typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Json) : {});
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');

/**
 * Names out of a v1 PodList, as the kubelet gives it on /pods. A pod without uid or name is passed over; a static pod
 * is given by its uid and by its config hash. Containers that did not start yet have no id and are passed over.
 * @throws Error when it is no PodList
 */
export function podsOf(body: string): PodNames[] {
  const answer = object(JSON.parse(body));
  if (answer['kind'] !== 'PodList' || answer['apiVersion'] !== 'v1') throw new Error(`the answer is no v1 PodList (kind ${JSON.stringify(answer['kind'])?.slice(0, 40)})`);
  const pods: PodNames[] = [];
  for (const item of list(answer['items'])) {
    const metadata = object(object(item)['metadata']);
    const status = object(object(item)['status']);
    const [uid, name, namespace] = [text(metadata['uid']), text(metadata['name']), text(metadata['namespace'])];
    if (!uid || !name) continue;
    const containers = STATUSES.flatMap((kind) => list(status[kind])).flatMap((s) => {
      // `containerd://4c01...`, `cri-o://...`, `docker://...`
      const id = /^[a-z][\w.+-]*:\/\/([\w.-]+)$/.exec(text(object(s)['containerID']))?.[1];
      return id ? [{ id, name: text(object(s)['name']) }] : [];
    });
    pods.push({ uid, name, namespace, containers });
    const hash = text(object(metadata['annotations'])[CONFIG_HASH]);
    if (hash && hash !== uid) pods.push({ uid: hash, name, namespace, containers });
  }
  return pods;
}
