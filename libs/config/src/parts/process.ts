/** Settings that every process has. */
import { Choice, Port, Text } from '../setting.ts';

export class LogConfig {
  @Choice('What is logged (JSON lines on stderr)', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' = 'info';
}

function adminPart(port: number) {
  class AdminPart {
    @Text('Address of /metrics and /healthz')
    host = '127.0.0.1';

    @Port('Port of /metrics and /healthz; 0 takes a free one')
    port = port;
  }
  return AdminPart;
}

export class AgentAdminConfig extends adminPart(9470) {}
export class AnalyzerAdminConfig extends adminPart(9471) {}
export class InsightsAdminConfig extends adminPart(9472) {}
export class RelayAdminConfig extends adminPart(9473) {}

export const TOPIC_PREFIX = { matches: /^[A-Za-z0-9][\w.-]{0,99}$/, fix: 'must begin with a letter or digit and hold at most 100 letters, digits, dots, dashes or underscores' };
