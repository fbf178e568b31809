import { BusConfig } from './parts/bus.ts';
import { AgentAdminConfig, LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { KubeletConfig, PeerConfig } from './agent/attribution.ts';
import { OverheadConfig } from './agent/overhead.ts';
import { PolicyConfig } from './agent/policy.ts';
import { SpoolConfig } from './agent/spool.ts';
import { Cross, Part, PartList, Switch, Text, Whole } from './setting.ts';

export class ProbeConfig {
  @Text('Unix socket of headwater-probe; live capture', { optional: true })
  socket?: string;
}

export class ReplayConfig {
  @Text('Recording (*.hwrec), or a directory of them, to play instead of live capture; everything it gives is marked as replayed', { optional: true })
  file?: string;

  @Switch('Whether it is played again and again')
  loop = false;
}

export class BatchConfig {
  @Whole('Rows after which a batch is sent', 1, 10_000)
  max_rows = 2_000;

  @Whole('Bytes after which a batch is sent; Kafka takes 1 MiB at most', 10_000, 1_000_000)
  max_bytes = 900_000;

  @Whole('How long a row waits for company, ms', 10, 5_000)
  linger_ms = 250;
}

export class QueueConfig {
  @Whole('Bytes held in memory while the bus is away; over it the oldest go to the spool, or, without one, their exchanges count as lost (queue_full)', 1_000_000, 4_294_967_296)
  max_bytes = 67_108_864;
}

export class FingerprintConfig {
  @Switch('Whether secret values leave as keyed fingerprints; off, only their presence does')
  enabled = true;

  @Text('File with the key, 64 hex digits, mode 0600; never leaves the host', { optional: true })
  key_file?: string;

  @Switch('Make the key file if there is none (standalone; in a fleet all hosts share one key)')
  create = false;

  @Text('The key before this one, likewise; while it is named, fingerprints are given by both, so that yesterday and today can be joined', { optional: true })
  previous_key_file?: string;
}

export class ServiceRuleConfig {
  @Text('Name given to what matches', { max: 200 })
  service!: string;

  @Whole('Port of the server side of the socket', 1, 65_535, { optional: true })
  port?: number;

  @Text('Glob on the path of the executable', { optional: true })
  exe?: string;

  @Text('Glob on the cgroup path', { optional: true })
  cgroup?: string;
}

/** apps/agent: one per host, capture -> publish. */
@Cross<AgentConfig>((c) =>
  c.probe.socket && c.replay.file ? { fields: ['probe.socket', 'replay.file'], message: 'an agent captures live or replays, not both; leave one out' } : null,
)
@Cross<AgentConfig>((c) =>
  !c.probe.socket && !c.replay.file ? { fields: ['probe.socket', 'replay.file'], message: 'neither is given; give the socket of headwater-probe, or a recording' } : null,
)
@Cross<AgentConfig>((c) =>
  c.fingerprints.enabled && !c.fingerprints.key_file
    ? { fields: ['fingerprints.key_file', 'fingerprints.enabled'], message: 'fingerprints need a key: name its file, or set fingerprints.enabled to false' }
    : null,
)
@Cross<AgentConfig>((c) =>
  c.policy.fleet.keys.length > 0 && !c.policy.fleet.state_file
    ? { fields: ['policy.fleet.state_file', 'policy.fleet.keys'], message: 'a signed policy must survive a restart: name a file, or leave the keys out' }
    : null,
)
export class AgentConfig {
  @Text('Name of this host on the bus; by default a hash of /etc/machine-id', {
    optional: true,
    matches: /^[\w.:-]{1,128}$/,
    fix: 'must be 1 to 128 letters, digits, dots, colons, dashes or underscores',
  })
  host_id?: string;

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'Where events go')
  bus: BusConfig = new BusConfig();

  @Part(ProbeConfig, 'Live capture')
  probe: ProbeConfig = new ProbeConfig();

  @Part(ReplayConfig, 'Recorded traffic')
  replay: ReplayConfig = new ReplayConfig();

  @Part(AgentAdminConfig, 'Metrics and health')
  admin: AgentAdminConfig = new AgentAdminConfig();

  @Part(BatchConfig, 'Batches')
  batch: BatchConfig = new BatchConfig();

  @Part(QueueConfig, 'Batches that wait for the bus')
  queue: QueueConfig = new QueueConfig();

  @Part(SpoolConfig, 'Batches that wait on disk')
  spool: SpoolConfig = new SpoolConfig();

  @Whole('Bytes the host may hold of unfinished heads', 1_048_576, 4_294_967_296)
  reassembly_max_bytes = 33_554_432;

  @Whole('Silence after which an open-ended body is told as begun, ms; 60 times as much ends it', 100, 600_000)
  end_inferred_after_ms = 1_000;

  @Part(FingerprintConfig, 'Keyed fingerprints of secret values')
  fingerprints: FingerprintConfig = new FingerprintConfig();

  @PartList(ServiceRuleConfig, "Service names; the first rule that matches decides, else the executable's name")
  services: ServiceRuleConfig[] = [];

  @PartList(PeerConfig, "Names of other hosts by network; the longest prefix that holds the socket's other address decides")
  peers: PeerConfig[] = [];

  @Part(KubeletConfig, 'Names of pods, from the kubelet of this host')
  kubelet: KubeletConfig = new KubeletConfig();

  @Part(PolicyConfig, 'What may leave the host')
  policy: PolicyConfig = new PolicyConfig();

  @Part(OverheadConfig, 'What the host may pay for it')
  overhead: OverheadConfig = new OverheadConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
