import { BusConfig } from './parts/bus.ts';
import { LogConfig, RelayAdminConfig, TOPIC_PREFIX } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { Part, Text, TextList, Whole } from './setting.ts';

/** apps/relay: header-events.v1 -> header-events.json.v1. */
export class RelayConfig {
  @Text('Consumer group: the relays of one group share the partitions', { matches: /^[\w.-]{1,200}$/, fix: 'must be 1 to 200 letters, digits, dots, dashes or underscores' })
  group = 'headwater-relay';

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'Where events come from and go to')
  bus: BusConfig = new BusConfig();

  @Part(StoreConfig, 'Where it is kept how far was relayed')
  state: StoreConfig = new StoreConfig();

  @TextList('Services that are relayed (globs); none: all', { optional: true })
  services?: string[];

  @Whole('At the first start, records older than this are left out, ms; 0: everything that the log holds is relayed', 0, 31_536_000_000)
  begin_within_ms = 0;

  @Part(RelayAdminConfig, 'Metrics and health')
  admin: RelayAdminConfig = new RelayAdminConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
