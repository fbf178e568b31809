import { sourceText, type Finding, type ModelPart } from './insight.ts';
import './insights.css';

const HINTS: Readonly<Record<Finding['source'], string>> = {
  rules: 'Computed from the figures; no model had a part in it',
  model: 'Written by a language model; that the evidence it cites was sent has been checked, what it concludes has not',
};

/** Who says so, beside every finding. */
export function SourceMark({ finding, model }: { finding: Pick<Finding, 'source'>; model: Pick<ModelPart, 'model'> }) {
  return (
    <span className="source-mark" data-source={finding.source} title={HINTS[finding.source]}>
      {sourceText(finding, model)}
    </span>
  );
}
