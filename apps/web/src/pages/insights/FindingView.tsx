import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import { CONFIDENCES, type Evidence, type Finding, type ModelPart } from '../../insights/insight.ts';
import { figuresLine } from '../../insights/figures.ts';
import { placeOfHref } from '../../insights/href.ts';
import { SourceMark } from '../../insights/SourceMark.tsx';
import { visible } from '../../insights/text.ts';
import { PAGES } from '../../shell/pages.ts';
import { PageLink } from '../../url/PageLink.tsx';

/** One finding in full. All of it is text, whoever wrote it; links are those of its evidence. */
export function FindingView({ finding, model }: { finding: Finding; model: ModelPart }) {
  return (
    <article className="finding" aria-label={`Finding: ${visible(finding.title)}`}>
      <div className="finding-head">
        <SeverityMark severity={finding.severity} />
        <h4>
          <bdi>{visible(finding.title)}</bdi>
        </h4>
        <span className="finding-by">
          <SourceMark finding={finding} model={model} />
          {finding.rule === undefined ? null : <code>{visible(finding.rule)}</code>}
          <span className="quiet-text">{CONFIDENCES[finding.confidence]}</span>
        </span>
      </div>
      <dl className="finding-body">
        <Told label="What changed" text={finding.what_changed} />
        {finding.likely_cause === null ? null : <Told label="Likely cause" text={finding.likely_cause} />}
        {finding.check_next.length === 0 ? null : (
          <div>
            <dt>Check next</dt>
            <dd>
              <ol className="finding-next">
                {finding.check_next.map((step, i) => (
                  <li key={i}>
                    <bdi>{visible(step)}</bdi>
                  </li>
                ))}
              </ol>
            </dd>
          </div>
        )}
        <div>
          <dt>Evidence</dt>
          <dd>
            <ul className="finding-evidence">
              {finding.evidence.map((e) => (
                <li key={e.id}>
                  <EvidenceLink evidence={e} />
                  <span className="quiet-text">{figuresLine(e.figures)}</span>
                </li>
              ))}
            </ul>
          </dd>
        </div>
      </dl>
    </article>
  );
}

function Told({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <bdi>{visible(text)}</bdi>
      </dd>
    </div>
  );
}

function EvidenceLink({ evidence }: { evidence: Evidence }) {
  const place = placeOfHref(evidence.href, PAGES);
  const label = <bdi>{visible(evidence.label)}</bdi>;
  return place === null ? (
    label
  ) : (
    <PageLink {...place} className="text-link">
      {label}
    </PageLink>
  );
}
