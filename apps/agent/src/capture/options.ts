import type { CaptureOptions } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';
import type { FingerprintKeys } from './fingerprint-key.ts';

/** The capture's options from the settings, the keys and the policies in force. */
export function captureOptions(config: AgentConfig, keys: FingerprintKeys, layers: Pick<CaptureOptions, 'policy' | 'narrowing'>): CaptureOptions {
  return {
    batch: { maxRows: config.batch.max_rows, maxBytes: config.batch.max_bytes, lingerMs: config.batch.linger_ms },
    reassemblyMaxBytes: config.reassembly_max_bytes,
    endInferredAfterMs: config.end_inferred_after_ms,
    ...layers,
    ...keys,
    services: config.services.map((s) => ({
      service: s.service,
      ...(s.port === undefined ? {} : { port: s.port }),
      ...(s.exe ? { exe: s.exe } : {}),
      ...(s.cgroup ? { cgroup: s.cgroup } : {}),
    })),
    peers: config.peers.map(({ cidr, name }) => ({ cidr, name })),
  };
}
