import type { CaptureOptions } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';
import type { FingerprintKey } from './fingerprint-key.ts';

/** The capture's options from the settings. */
export function captureOptions(config: AgentConfig, key: FingerprintKey | null): CaptureOptions {
  return {
    batch: { maxRows: config.batch.max_rows, maxBytes: config.batch.max_bytes, lingerMs: config.batch.linger_ms },
    reassemblyMaxBytes: config.reassembly_max_bytes,
    endInferredAfterMs: config.end_inferred_after_ms,
    policy: {
      id: config.policy.id,
      version: config.policy.version,
      rules: config.policy.rules.map((r) => ({
        header: r.header,
        action: r.action,
        ...(r.direction ? { direction: r.direction } : {}),
        ...(r.service ? { service: r.service } : {}),
        ...(r.route ? { route: r.route } : {}),
      })),
      path: config.policy.path,
      queryNames: config.policy.query_names,
      clientAddress: config.policy.client_address,
    },
    ...(key ? { key } : {}),
    services: config.services.map((s) => ({
      service: s.service,
      ...(s.port === undefined ? {} : { port: s.port }),
      ...(s.exe ? { exe: s.exe } : {}),
      ...(s.cgroup ? { cgroup: s.cgroup } : {}),
    })),
  };
}
