import { BusConfig } from './parts/bus.ts';
import { LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { Part, Text } from './setting.ts';

/** apps/admin: topics of the fleet. */
export class AdminConfig {
  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'The bus to administer')
  bus: BusConfig = new BusConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
