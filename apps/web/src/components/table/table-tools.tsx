import { memo, useEffect, useRef, useState, type ReactNode } from 'react';
import { copyText, downloadText } from './clipboard.ts';
import type { Column } from './column.ts';
import { toCsv } from './csv.ts';

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  /** as filtered and ordered */
  rows: readonly T[];
  total: number;
  noun: readonly [string, string];
  q: string;
  onQ: (q: string) => void;
  /** arrow down in the filter: into the rows */
  onDown: () => void;
  children?: ReactNode;
}

const count = new Intl.NumberFormat('en');
/** How long typing must rest before the filter goes into the URL, ms. */
const REST_MS = 150;

function Tools<T>({ label, columns, rows, total, noun, q, onQ, onDown, children }: Props<T>): ReactNode {
  const [text, setText] = useState(q);
  const [said, setSaid] = useState('');
  const sent = useRef(q);
  useEffect(() => {
    if (q !== sent.current) setText(q);
    sent.current = q;
  }, [q]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onQ(text);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [text, onQ]);
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), 4_000);
    return () => clearTimeout(timer);
  }, [said]);

  const named = (n: number): string => `${count.format(n)} ${n === 1 ? noun[0] : noun[1]}`;
  const copy = async (): Promise<void> => {
    setSaid((await copyText(toCsv(columns, rows))) ? `Copied ${named(rows.length)}` : 'The browser did not allow copying; download the file instead');
  };
  const fileName = `${label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.csv`;
  return (
    <div className="dt-tools">
      <input
        type="search"
        className="dt-filter"
        placeholder={`Filter ${noun[1]}`}
        aria-label={`Filter ${noun[1]}`}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== 'ArrowDown') return;
          e.preventDefault();
          onDown();
        }}
      />
      {children}
      <span className="dt-count" role="status">
        {said !== '' ? said : rows.length === total ? named(total) : `${count.format(rows.length)} of ${named(total)}`}
      </span>
      <span className="dt-csv">
        <button type="button" className="quiet" disabled={rows.length === 0} onClick={() => void copy()}>
          Copy as CSV
        </button>
        <button type="button" className="quiet" disabled={rows.length === 0} onClick={() => downloadText(toCsv(columns, rows), fileName)}>
          Download
        </button>
      </span>
    </div>
  );
}

export const TableTools = memo(Tools) as typeof Tools;
