import { useMemo } from 'react';
import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import type { AnswerOf } from '../../api/client.ts';
import { useNow, type Asked } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { DataTable, figure, useTableSearch, type Column } from '../../components/table/index.ts';
import { formatCount } from '../../format/numbers.ts';
import { formatInstant } from '../../format/times.ts';
import { useParameter } from '../../url/use-search.ts';
import { ruleOf, ruleText, subjectsText, type RuleRow } from './rule-words.ts';
import { TryRule } from './TryRule.tsx';

const key = (r: RuleRow) => r.id;
const target = (r: RuleRow) => ({ to: '/alerts', search: { try: r.id, with: null }, keep: true });

/** Over a day of minutes for every rule: asked once, and again when the page is opened anew. */
const SELDOM = { atLeastMs: 300_000 };

function columnsOf(would: ReadonlyMap<string, number | null> | null): Column<RuleRow>[] {
  return [
    figure({
      id: 'would',
      header: 'Would fire',
      hint: 'How often it would have fired in the last day, by the counts of that day',
      value: (r) => would?.get(r.id) ?? null,
      cell: (r) => {
        const n = would?.get(r.id);
        if (would === null) return <span className="quiet-text">…</span>;
        return n === null || n === undefined ? <span title="What it looks at is not kept for a day">–</span> : <span title="in the last day">{formatCount(n)}×</span>;
      },
      width: 108,
    }),
    { id: 'rule', header: 'Rule', value: (r) => r.id, width: 176, rowHeader: true },
    figure({ id: 'open', header: 'Open', value: (r) => r.open, cell: (r) => <strong className={r.open > 0 ? undefined : 'quiet-text'}>{formatCount(r.open)}</strong>, width: 72 }),
    figure({
      id: 'fired',
      header: 'Fired',
      hint: 'Alerts of it that opened in the last day',
      value: (r) => r.fired_last_day,
      cell: (r) => `${formatCount(r.fired_last_day)}×`,
      width: 72,
    }),
    {
      id: 'severity',
      header: 'Severity',
      value: (r) => r.severity,
      cell: (r) => (r.enabled ? <SeverityMark severity={r.severity} muted /> : <span className="quiet-text">off</span>),
      width: 88,
    },
    { id: 'when', header: 'Fires when', value: (r) => ruleText(ruleOf(r)), width: 320, grow: true },
    { id: 'subjects', header: 'For', value: (r) => subjectsText(ruleOf(r)), width: 136 },
  ];
}

export const useRules = (): Asked<'/v1/alert-rules'> => useNow('/v1/alert-rules', {});

/** The rules in force, how often each fires, and a place to try them with other figures. */
export function Rules({ query }: { query: Asked<'/v1/alert-rules'> }) {
  const preview = useNow('/v1/alert-rules', { view: 'preview' }, SELDOM);
  const would = useMemo(() => (preview.data === undefined ? null : new Map(preview.data.data.map((r) => [r.id, r.would_have_fired ?? null]))), [preview.data]);
  return (
    <section aria-label="Rules">
      <h2 className="section-head">Rules</h2>
      <Answered query={query} what="the rules" height={320}>
        {(answer) => (answer.data.length === 0 ? <NoRules source={answer.source} /> : <Table answer={answer} would={would} />)}
      </Answered>
    </section>
  );
}

function Table({ answer, would }: { answer: AnswerOf<'/v1/alert-rules'>; would: ReadonlyMap<string, number | null> | null }) {
  const { state, onState } = useTableSearch('rules');
  const tried = useParameter('try', '');
  const columns = useMemo(() => columnsOf(would), [would]);
  const row = answer.data.find((r) => r.id === tried);
  return (
    <div className="alerts-rules">
      <p className="quiet-text">
        {answer.source === 'built-in' ? 'The built-in rules' : <code>{answer.source}</code>}, read{' '}
        {answer.loaded_at === null ? 'at an unknown time' : formatInstant(Date.parse(answer.loaded_at))}. Choose one to see what it would do with other figures.
      </p>
      <DataTable
        label="Rules in force"
        noun={['rule', 'rules']}
        columns={columns}
        rows={answer.data}
        rowKey={key}
        rowTarget={target}
        selected={tried}
        defaultSort="-open"
        state={state}
        onState={onState}
        plain
        empty={null}
      />
      {tried === '' ? null : row === undefined ? (
        <EmptyBox title={`There is no rule ${tried}`}>
          <p>It is not in the rules in force any more; choose one above.</p>
        </EmptyBox>
      ) : (
        <TryRule key={row.id} rule={ruleOf(row)} source={answer.source} />
      )}
    </div>
  );
}

function NoRules({ source }: { source: string | null }) {
  return (
    <EmptyBox title={source === null ? 'No analyzer has said which rules are in force' : 'There is no rule'}>
      <p>
        {source === null
          ? 'None runs, it is of an older version, or alerts.enabled is off in its settings. Start one, and this fills within seconds.'
          : `${source} holds no rule. Without a file the built-in ones hold.`}
      </p>
    </EmptyBox>
  );
}
