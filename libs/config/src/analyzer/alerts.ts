import { Part, PartList, Switch, Text, TextList, Url, Whole } from '../setting.ts';

const HOUR = 3_600_000;

export class WebhookConfig {
  @Url('Where opened and resolved alerts are posted as JSON; secrets in the URL are not logged', { secret: true })
  url!: string;

  @Text('File with the key of the HMAC-SHA256 signature, 32 characters or more; its last newline is cut')
  secret_file!: string;

  @Text("PEM file of the authority that signed the receiver's certificate, where that is not one of the well-known ones", { optional: true })
  ca_file?: string;

  @TextList('Severities that are posted', { values: ['page', 'ticket', 'info'] })
  severities: string[] = ['page', 'ticket', 'info'];

  @Whole('How long one attempt may take, ms', 100, 60_000)
  timeout_ms = 5_000;

  @Whole('How long an alert is tried again before it is given up and counted, ms', 1_000, 7 * 24 * HOUR)
  give_up_ms = 6 * HOUR;
}

export class AlertmanagerConfig {
  @TextList('URLs of the Alertmanagers (without /api/v2/alerts); each gets every alert, as they deduplicate among themselves')
  urls!: string[];

  @Text('File with a bearer token; its last newline is cut', { optional: true })
  token_file?: string;

  @Text('PEM file of the authority that signed their certificates, where that is not one of the well-known ones', { optional: true })
  ca_file?: string;

  @Whole('How often open alerts are sent again, ms: Alertmanager takes silence for an end', 5_000, 600_000)
  repeat_ms = 60_000;
}

export class AlertsConfig {
  @Switch('Whether rules are evaluated')
  enabled = true;

  @Text('File of alert rules (YAML or JSON), read again when it changes; without it the built-in ones hold', { optional: true })
  rules_file?: string;

  @Url('Address of the dashboard, for the links in alerts', { optional: true })
  dashboard_url?: string;

  @PartList(WebhookConfig, 'Receivers of alerts over HTTP')
  webhooks: WebhookConfig[] = [];

  @Part(AlertmanagerConfig, 'Prometheus Alertmanager', { optional: true })
  alertmanager?: AlertmanagerConfig;

  @Whole('How long resolved alerts are listed, ms', HOUR, 365 * 24 * HOUR)
  keep_ms = 30 * 24 * HOUR;
}
