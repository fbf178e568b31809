import { Part, Text, Url, Whole } from '../setting.ts';

export class OtlpConfig {
  @Url('OTLP receiver for metrics over HTTP with protobuf, with its path, for instance https://otel:4318/v1/metrics')
  endpoint!: string;

  @Text('File with further headers, one "name: value" a line (keys of the receiver)', { optional: true })
  headers_file?: string;

  @Text("PEM file of the authority that signed the receiver's certificate, where that is not one of the well-known ones", { optional: true })
  ca_file?: string;

  @Whole('How often the series are sent, ms', 5_000, 3_600_000)
  interval_ms = 60_000;
}

export class SeriesConfig {
  @Whole('Series a service may have, as (method, route, status); the rest is in {other}', 10, 1_000)
  max_patterns = 200;

  @Part(OtlpConfig, "Push the fleet's series to an OpenTelemetry collector", { optional: true })
  otlp?: OtlpConfig;
}
