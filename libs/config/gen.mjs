#!/usr/bin/env node
// CONFIG.md from the settings classes. `--check` writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { AdminConfig, AgentConfig, AnalyzerConfig, ApiConfig, IdentityConfig, InsightsConfig, RelayConfig, renderSection } = await import('./dist/index.js');

const sections = [
  [AgentConfig, 'Agent', 'One on every host: capture -> publish.'],
  [AnalyzerConfig, 'Analyzer', 'As many as the topic has partitions, at most: consume -> aggregate -> flush -> close.'],
  [ApiConfig, 'API', 'REST behind OAuth 2.0.'],
  [IdentityConfig, 'Identity', "The authorization server of the standalone mode; in a fleet the company's own takes its place."],
  [InsightsConfig, 'Insights', 'Alerts, digests and requests -> findings, by rules and by a model behind an AI gateway.'],
  [RelayConfig, 'Relay', 'Optional: header events one by one as JSON, for consumers that cannot read Arrow.'],
  [AdminConfig, 'Admin', '`headwater-admin`: topics.'],
];

const text = `# Settings

<!-- Written by libs/config/gen.mjs from the classes in libs/config/src; do not edit. -->

Every app reads its settings from flags, the environment and one YAML file (\`--config FILE\` or \`HEADWATER_CONFIG\`).
A flag wins over the environment, that over the file, that over the default. \`bus.kind\` is \`--bus.kind kafka\`,
\`HEADWATER_BUS__KIND=kafka\`, or \`bus: { kind: kafka }\`; in lists \`issuers.0.issuer\` is \`HEADWATER_ISSUERS__0__ISSUER\`.
Names that are not in these tables and settings that contradict each other are refused, with where they came from.

${sections.map(([target, title, intro]) => renderSection(target, title, intro)).join('\n')}`;

const file = fileURLToPath(new URL('../../CONFIG.md', import.meta.url));
if (process.argv.includes('--check')) {
  let held = '';
  try {
    held = readFileSync(file, 'utf8');
  } catch {}
  if (held !== text) {
    console.error('CONFIG.md is not what the settings classes say; run: npm run gen');
    process.exit(1);
  }
} else writeFileSync(file, text);
