import { textName, type Attributes, type Family, type Sample } from './families.ts';
import { DURATION_BOUNDS_S } from './port.ts';

/** `text`: Prometheus text format 0.0.4; `openmetrics`: OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const escapeLabel = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value
        .replaceAll('\\', String.raw`\\`)
        .replaceAll('"', String.raw`\"`)
        .replaceAll('\n', String.raw`\n`)
    : value;
const labelName = (name: string): string => name.replaceAll('.', '_');

/** `# HELP` and `# TYPE`. In OpenMetrics a counter is called without `_total` there, and a unit is said. */
export function header(family: Family, format: Format): string {
  const name = textName(family) + (family.kind === 'counter' && format === 'text' ? '_total' : '');
  const unit = format === 'openmetrics' && family.unit !== '' ? `# UNIT ${name} ${family.unit === 's' ? 'seconds' : 'bytes'}\n` : '';
  return `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.kind}\n${unit}`;
}

/** Lines of one sample; `more` are labels put before its own. */
export function sampleText(family: Family, sample: Sample, format: Format, more: Attributes = []): string {
  const name = textName(family);
  const labels = [...more, ...sample.attributes].map(([n, value]) => `${labelName(n)}="${escapeLabel(String(value))}"`).join(',');
  const braced = labels === '' ? '' : `{${labels}}`;
  if (sample.kind !== 'distribution') return `${name}${sample.kind === 'counter' ? '_total' : ''}${braced} ${sample.value}\n`;
  let lines = '';
  if (sample.counts !== null) {
    let below = 0;
    DURATION_BOUNDS_S.forEach((bound, i) => {
      below += sample.counts![i]!;
      lines += `${name}_bucket{${labels}${labels === '' ? '' : ','}le="${boundText(bound, format)}"} ${below}\n`;
    });
    lines += `${name}_bucket{${labels}${labels === '' ? '' : ','}le="+Inf"} ${sample.count}\n`;
  }
  return `${lines}${name}_sum${braced} ${sample.sum}\n${name}_count${braced} ${sample.count}\n`;
}

/** OpenMetrics wants `1.0` where the older format says `1`. */
function boundText(bound: number, format: Format): string {
  return format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

export const END: Record<Format, string> = { text: '', openmetrics: '# EOF\n' };
