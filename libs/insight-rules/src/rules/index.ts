import { SEVERITIES } from '@headwater/alert-rules';
import { ANSWER_LIMITS as LIMITS } from '../answer-schema.ts';
import type { Aliases, InsightInput } from '../input.ts';
import type { Finding } from '../insight.ts';
import { compare } from '../rank.ts';
import { plainText } from '../safe-text.ts';
import { alerts } from './alerts.ts';
import { capture } from './capture.ts';
import { clientErrors } from './client-errors.ts';
import { failing } from './failing.ts';
import { headers } from './headers.ts';
import { Picture, type Draft } from './picture.ts';
import { slow } from './slow.ts';
import { MOST_FINDINGS } from './thresholds.ts';
import { traffic } from './traffic.ts';

/**
 * Findings that need no model: from the very figures that a model would be told, by the thresholds in `thresholds.ts`. The same input gives
 * the same findings. By severity, then by how many exchanges they are about; ids `r1`, `r2` ...
 */
export function ruleFindings(input: InsightInput, aliases: Aliases): Finding[] {
  const picture = new Picture(input, aliases);
  // Alerts first: what they tell of is not told again.
  const drafts = [alerts, failing, slow, clientErrors, traffic, capture].flatMap((rule) => rule(picture));
  drafts.push(...headers(picture, drafts));
  const rank = (d: Draft) => SEVERITIES.indexOf(d.severity);
  drafts.sort((a, b) => rank(a) - rank(b) || b.weight - a.weight || compare(a.rule, b.rule) || compare(a.evidence.join(), b.evidence.join()));
  return drafts.slice(0, MOST_FINDINGS).map((d, i) => finding(picture, d, `r${i + 1}`));
}

function finding(p: Picture, d: Draft, id: string): Finding {
  return {
    id,
    source: 'rules',
    rule: d.rule,
    severity: d.severity,
    title: plainText(d.title, 2 * LIMITS.title),
    what_changed: plainText(d.what_changed, LIMITS.text),
    likely_cause: d.likely_cause === null ? null : plainText(d.likely_cause, LIMITS.text),
    check_next: d.check_next.map((c) => plainText(c, LIMITS.check)).slice(0, LIMITS.check_next),
    confidence: d.confidence,
    evidence: [...new Set(d.evidence)].flatMap((e) => p.evidence.get(e) ?? []).slice(0, LIMITS.evidence),
  };
}
