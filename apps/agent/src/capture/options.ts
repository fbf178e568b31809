import { DEFAULT_CAPTURE_OPTIONS } from '@headwater/capture';
import type { CaptureOptions } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';
import type { FingerprintKey } from './fingerprint-key.ts';

/** The capture's options from the settings. */
export function captureOptions(config: AgentConfig, key: FingerprintKey | null): CaptureOptions {
  return {
    batch: { maxRows: config.batch.max_rows, maxBytes: config.batch.max_bytes, lingerMs: config.batch.linger_ms },
    reassemblyMaxBytes: config.reassembly_max_bytes,
    endInferredAfterMs: config.end_inferred_after_ms,
    policy: DEFAULT_CAPTURE_OPTIONS.policy,
    ...(key ? { key } : {}),
    services: config.services.map((s) => ({
      service: s.service,
      ...(s.port === undefined ? {} : { port: s.port }),
      ...(s.exe ? { exe: s.exe } : {}),
      ...(s.cgroup ? { cgroup: s.cgroup } : {}),
    })),
    peers: config.peers.map(({ cidr, name }) => ({ cidr, name })),
  };
}
