import { BusConfig } from './parts/bus.ts';
import { InsightsAdminConfig, LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { GatewayConfig } from './insights/gateway.ts';
import { BudgetConfig, TriggersConfig } from './insights/work.ts';
import { Part, Switch, Text, Whole } from './setting.ts';

const HOUR = 3_600_000;

/** apps/insights: alerts, digests and requests -> findings by rules, and by a model behind an AI gateway. */
export class InsightsConfig {
  @Text('Consumer group: the processes of one group share the work', { matches: /^[\w.-]{1,200}$/, fix: 'must be 1 to 200 letters, digits, dots, dashes or underscores' })
  group = 'headwater-insights';

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'Where alerts and requests come from and insights go to')
  bus: BusConfig = new BusConfig();

  @Part(StoreConfig, 'Where windows are read')
  store: StoreConfig = new StoreConfig();

  @Part(StoreConfig, 'Where insights, their queue and the budget are kept')
  state: StoreConfig = new StoreConfig();

  @Part(GatewayConfig, 'The AI gateway; without it insights are those by rules, and nothing leaves', { optional: true })
  gateway?: GatewayConfig;

  @Switch('Whether services are named to the model; otherwise they go by alias, as hosts and clients always do')
  send_service_names = false;

  @Part(TriggersConfig, 'What is looked at without being asked')
  triggers: TriggersConfig = new TriggersConfig();

  @Part(BudgetConfig, 'What may be spent a day (UTC), by all processes of one state store together')
  budget: BudgetConfig = new BudgetConfig();

  @Whole('How long insights and what was sent are kept, ms', HOUR, 365 * 24 * HOUR)
  keep_ms = 7 * 24 * HOUR;

  @Part(InsightsAdminConfig, 'Metrics and health')
  admin: InsightsAdminConfig = new InsightsAdminConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
