import { useId, useState } from 'react';
import { copyText } from '../../components/table/index.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { Preview } from './Preview.tsx';
import { ruleText, type Rule } from './rule-words.ts';
import { changed, changesText, fieldsOf, parseChanges, problemsOf, typed, type Changes } from './try.ts';
import { ruleYaml } from './yaml.ts';

/** Other figures for a rule: what they would have done in the last day, before anybody edits the file. What was tried is in the URL. */
export function TryRule({ rule, source }: { rule: Rule; source: string | null }) {
  const asked = parseChanges(rule, useParameter('with', ''));
  const update = useUpdateSearch();
  const [changes, setChanges] = useState<Changes>(asked);
  const [problems, setProblems] = useState<Record<string, string>>(() => problemsOf(rule, asked));
  const id = useId();
  const tried = Object.keys(problemsOf(rule, asked)).length === 0 ? changed(rule, asked) : rule;
  const isChanged = changesText(rule, asked) !== '';
  return (
    <div className="try-rule">
      <div className="section-head">
        <h3>
          Try <code>{rule.id}</code> with other figures
        </h3>
        <button type="button" className="quiet" onClick={() => update({ try: null, with: null })}>
          Close
        </button>
      </div>
      <form
        className="try-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const wrong = problemsOf(rule, changes);
          setProblems(wrong);
          if (Object.keys(wrong).length === 0) update({ with: changesText(rule, changes) });
        }}
      >
        {fieldsOf(rule).map((f) => (
          <label key={f.path}>
            <span id={`${id}-${f.path}-label`}>
              {f.label} {f.unit === '' ? null : <span className="quiet-text">({f.unit})</span>}
            </span>
            <input
              inputMode="decimal"
              autoComplete="off"
              value={changes[f.path] ?? typed(rule, f.path)}
              aria-invalid={problems[f.path] !== undefined}
              aria-labelledby={`${id}-${f.path}-label`}
              aria-describedby={`${id}-${f.path}`}
              onChange={(e) => setChanges({ ...changes, [f.path]: e.target.value })}
            />
            <span id={`${id}-${f.path}`} className={problems[f.path] === undefined ? 'small quiet-text' : 'small field-problem'}>
              {problems[f.path] ?? f.hint}
            </span>
          </label>
        ))}
        <div className="try-actions">
          <button type="submit" className="primary">
            Preview
          </button>
          <button
            type="button"
            className="quiet"
            onClick={() => {
              setChanges({});
              setProblems({});
              update({ with: null });
            }}
          >
            As it stands
          </button>
        </div>
      </form>
      <Preview rule={tried} changed={isChanged} />
      <div className="try-yaml">
        <p>{ruleText(tried)}</p>
        <p className="quiet-text">
          {isChanged ? 'To have it so, put this in place of the rule in ' : 'It stands in '}
          {source === null || source === 'built-in' ? (
            <>
              a file of your own (<code>alerts.rules_file</code> of the analyzer), which replaces all built-in rules
            </>
          ) : (
            <code>{source}</code>
          )}
          {isChanged ? '; it is read again when it changes.' : ':'}
        </p>
        <Yaml text={ruleYaml(tried)} />
      </div>
    </div>
  );
}

function Yaml({ text }: { text: string }) {
  const [said, setSaid] = useState('');
  return (
    <div className="yaml">
      <pre tabIndex={0} role="region" aria-label="The rule as YAML">
        {text}
      </pre>
      <button type="button" onClick={() => void copyText(`${text}\n`).then((ok) => setSaid(ok ? 'Copied' : 'The browser did not allow copying; select the text instead'))}>
        Copy
      </button>
      <span role="status" className="small quiet-text">
        {said}
      </span>
    </div>
  );
}
