/** Settings of every app. `loadConfig(AgentConfig, { argv, env })`, or `loadConfigOrExit(AgentConfig, 'headwater-agent')` in a main.ts. */
export { loadConfig, loadConfigOrExit } from './load.ts';
export type { ConfigSources } from './load.ts';
export { ConfigError } from './config-error.ts';
export type { ConfigProblem } from './config-error.ts';
export { AgentConfig, RedactionRuleConfig, ServiceRuleConfig } from './agent.config.ts';
export { AnalyzerConfig, RetentionConfig } from './analyzer.config.ts';
export { ApiConfig, DashboardConfig, IntrospectionConfig, IssuerConfig, RateLimitConfig, RelaxConfig } from './api.config.ts';
export { IdentityConfig } from './identity.config.ts';
export { AdminConfig } from './admin.config.ts';
export { BusConfig, busSettings } from './parts/bus.ts';
export type { BusConnection } from './parts/bus.ts';
export { StoreConfig, storeSettings } from './parts/store.ts';
export type { StoreConnection } from './parts/store.ts';
export { LogConfig } from './parts/process.ts';
export { ListenTlsConfig, namesHost, readTlsPair } from './parts/tls.ts';
export type { TlsPair } from './parts/tls.ts';
export { describeSettings, renderSection } from './docs.ts';
export { explainListen, portHolder } from './listen.ts';
