import { AlertsConfig } from './analyzer/alerts.ts';
import { SeriesConfig } from './analyzer/series.ts';
import { BusConfig } from './parts/bus.ts';
import { AnalyzerAdminConfig, LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { Cross, Part, Text, Whole } from './setting.ts';

const HOUR = 3_600_000;
const YEARS = 10 * 365 * 24 * HOUR;

// Finer windows are deleted into coarser ones, so these must be there for longer.
@Cross<RetentionConfig>((c) =>
  c.windows_10s_ms > c.windows_1m_ms
    ? { fields: ['windows_10s_ms', 'windows_1m_ms'], message: 'keeps 10 s windows longer than the 1 min windows that they are rolled up into; give windows_1m_ms at least as much' }
    : null,
)
@Cross<RetentionConfig>((c) =>
  c.windows_1m_ms > c.windows_1h_ms
    ? { fields: ['windows_1m_ms', 'windows_1h_ms'], message: 'keeps 1 min windows longer than the 1 h windows that they are rolled up into; give windows_1h_ms at least as much' }
    : null,
)
export class RetentionConfig {
  @Whole('How long 10 s windows are kept, ms', 60_000, YEARS)
  windows_10s_ms = 24 * HOUR;

  @Whole('How long 1 min windows are kept, ms', 60_000, YEARS)
  windows_1m_ms = 7 * 24 * HOUR;

  @Whole('How long 1 h windows are kept, ms', 60_000, YEARS)
  windows_1h_ms = 90 * 24 * HOUR;
}

/** apps/analyzer: consume -> aggregate -> flush -> close. */
export class AnalyzerConfig {
  @Text('Consumer group: the analyzers of one group share the partitions', { matches: /^[\w.-]{1,200}$/, fix: 'must be 1 to 200 letters, digits, dots, dashes or underscores' })
  group = 'headwater-analyzer';

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'Where events come from')
  bus: BusConfig = new BusConfig();

  @Part(StoreConfig, 'Where windows are kept')
  store: StoreConfig = new StoreConfig();

  @Part(StoreConfig, 'Where heartbeats and other small state are kept')
  state: StoreConfig = new StoreConfig();

  @Part(AnalyzerAdminConfig, 'Metrics and health')
  admin: AnalyzerAdminConfig = new AnalyzerAdminConfig();

  @Whole('How often changed windows are written, ms', 50, 60_000)
  flush_ms = 1_000;

  @Whole('Bytes of changed windows after which they are written early', 100_000, 67_108_864)
  dirty_max_bytes = 8_388_608;

  @Whole('Bytes that the windows of one partition may take in memory; beyond it those that do not change are held compactly', 1_048_576, 1_073_741_824)
  window_memory_bytes = 33_554_432;

  @Whole('How long after its end a window waits for late data before it closes, ms', 0, 600_000)
  close_after_ms = 30_000;

  @Whole('An agent that says nothing for so long no longer holds windows open, ms', 1_000, 600_000)
  silent_after_ms = 30_000;

  @Whole('Times further ahead of this clock are moved back to it and counted, ms', 1_000, 3_600_000)
  clamp_ahead_ms = 60_000;

  @Part(RetentionConfig, 'How long windows are kept')
  retention: RetentionConfig = new RetentionConfig();

  @Whole(
    'Version in which windows of services are written: 2 while analyzers of 0.1 or older still share the group or read the store (status by client is then left out), else 3',
    2,
    3,
  )
  windows_version = 3;

  @Part(AlertsConfig, 'Alerts')
  alerts: AlertsConfig = new AlertsConfig();

  @Part(SeriesConfig, "The fleet's series for Prometheus and OpenTelemetry")
  series: SeriesConfig = new SeriesConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
