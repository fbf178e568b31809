import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent, ReactNode } from 'react';
import { useSearch } from '../../url/use-search.ts';
import { orderText, parseOrder, type Column, type Order, type TableState } from './column.ts';
import { rowFor } from './keys.ts';
import { TableHead, type HeadEvents } from './table-head.tsx';
import type { RowTarget } from './row-link.tsx';
import { TableRow } from './table-row.tsx';
import { TableTools } from './table-tools.tsx';
import { useRows } from './use-rows.ts';
import './table.css';

const ROW_PX = 36;
const HEAD_PX = 36;

export interface DataTableProps<T extends object> {
  /** the table's name to screen readers, and of its CSV file */
  label: string;
  /** stable between renders (module scope or useMemo); the column of the usual order first */
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** `-excess`: largest first */
  defaultSort: string;
  /** as it stands in the URL; without it the table keeps it itself */
  state?: TableState;
  onState?: (state: TableState) => void;
  /** where a row leads to; stable between renders */
  rowTarget?: (row: T) => RowTarget;
  /** key of the row that the page shows */
  selected?: string;
  /** what the rows are: `['route', 'routes']` */
  noun: readonly [one: string, many: string];
  /** in place of the rows when there are none at all */
  empty: ReactNode;
  /** the page's own filters, beside the text filter */
  tools?: ReactNode;
  /** without text filter and CSV, for a few rows inside a page's section */
  plain?: boolean;
  /** CSS length; a longer table scrolls inside itself */
  maxHeight?: string;
}

/**
 * A table of up to tens of thousands of rows: only the rows in sight are in the document, `aria-rowcount` and
 * `aria-rowindex` tell the rest. Arrow keys, Page Up/Down, Home and End move between the rows' links.
 */
export function DataTable<T extends object>(props: DataTableProps<T>): ReactNode {
  const { columns, rows, rowKey, rowTarget, selected, noun, label } = props;
  const [own, setOwn] = useState<TableState>({});
  const state = props.state ?? own;
  const setState = props.onState ?? setOwn;
  const q = state.q ?? '';
  const order = useMemo(() => parseOrder(state.sort, columns) ?? parseOrder(props.defaultSort, columns), [state.sort, columns, props.defaultSort]);
  const shown = useRows(columns, rows, order, useDeferredValue(q));

  const here = useSearch();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const wantsFocus = useRef(false);
  const at = Math.min(active, Math.max(shown.length - 1, 0));
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    getItemKey: (i) => (shown[i] === undefined ? i : rowKey(shown[i])),
    // The row that holds the keyboard's place stays in the document, or scrolling away would drop the focus.
    rangeExtractor: (r) => {
      const from = Math.max(0, r.startIndex - r.overscan);
      const to = Math.min(r.count - 1, r.endIndex + r.overscan);
      const list = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
      if (at < from && r.count > 0) list.unshift(at);
      if (at > to && at < r.count) list.push(at);
      return list;
    },
  });

  // A new order or filter begins at the top; new data of the same question stays where it is.
  const question = `${order === null ? '' : orderText(order)}\n${q}`;
  const asked = useRef(question);
  useLayoutEffect(() => {
    if (asked.current === question) return;
    asked.current = question;
    box.current?.scrollTo({ top: 0 });
    setActive(0);
  }, [question]);

  const { lead, head } = useLeadColumn(order?.id ?? null, box);
  // What explains the order, then what the row is, then the rest.
  const ordered = useMemo(() => {
    const place = (c: Column<T>): number => (c.id === lead ? 0 : c.rowHeader === true ? 1 : 2);
    return columns.toSorted((a, b) => place(a) - place(b));
  }, [columns, lead]);

  useEffect(() => {
    if (!wantsFocus.current) return;
    const link = box.current?.querySelector<HTMLElement>(`tr[data-index="${at}"] .dt-link`);
    if (!link) return;
    wantsFocus.current = false;
    link.focus({ preventScroll: true });
  });

  const go = useCallback(
    (index: number) => {
      wantsFocus.current = true;
      setActive(index);
      virtual.scrollToIndex(index, { align: 'auto' });
    },
    [virtual],
  );
  // Stable, so that scrolling draws rows alone.
  const onOrder = useCallback(
    (next: Order) => setState({ ...state, sort: orderText(next) === props.defaultSort ? undefined : orderText(next) }),
    [setState, state, props.defaultSort],
  );
  const onQ = useCallback((text: string) => setState({ ...state, q: text === '' ? undefined : text }), [setState, state]);
  const onDown = useCallback(() => {
    if (shown.length > 0) go(at);
  }, [shown.length, go, at]);
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey || shown.length === 0) return;
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - HEAD_PX) / ROW_PX) - 1);
    const next = rowFor(e.key, at, shown.length, page);
    if (next === null) return;
    e.preventDefault();
    go(next);
  };
  const onFocus = (e: FocusEvent): void => {
    const index = (e.target as HTMLElement).closest('tr')?.dataset['index'];
    if (index !== undefined) setActive(Number(index));
  };

  const items = virtual.getVirtualItems();
  const body: ReactNode[] = [];
  let end = HEAD_PX;
  for (const item of items) {
    const row = shown[item.index];
    if (row === undefined) continue;
    if (item.start > end) body.push(<Space key={`to-${item.index}`} height={item.start - end} span={ordered.length} />);
    const key = rowKey(row);
    body.push(
      <TableRow
        key={key}
        row={row}
        index={item.index}
        columns={ordered}
        orderId={order?.id}
        target={rowTarget}
        here={here}
        active={item.index === at}
        selected={key === selected}
      />,
    );
    end = item.end;
  }
  const rest = virtual.getTotalSize() + HEAD_PX - end;
  if (rest > 0.5) body.push(<Space key="rest" height={rest} span={ordered.length} />);

  return (
    <div className="dt">
      {props.plain === true ? null : (
        <TableTools label={label} columns={columns} rows={shown} total={rows.length} noun={noun} q={q} onQ={onQ} onDown={onDown}>
          {props.tools}
        </TableTools>
      )}
      <div
        className="dt-box"
        ref={box}
        tabIndex={rowTarget === undefined ? 0 : undefined}
        role="region"
        aria-label={label}
        style={props.maxHeight === undefined ? undefined : { maxHeight: props.maxHeight }}
      >
        <table className="dt-table" aria-rowcount={shown.length + 1} style={{ minWidth: columns.reduce((n, c) => n + c.width, 0) }}>
          <caption className="hidden-visually">{label}</caption>
          <colgroup>
            {ordered.map((c) => (
              <col key={c.id} style={c.grow === true ? undefined : { width: c.width }} />
            ))}
          </colgroup>
          <TableHead columns={ordered} order={order} onOrder={onOrder} events={head} />
          <tbody onKeyDown={onKeyDown} onFocus={onFocus}>
            {body}
          </tbody>
        </table>
        {shown.length === 0 ? (
          <div className="dt-empty">
            {rows.length === 0 ? (
              props.empty
            ) : (
              <>
                No {noun[1]} match “{q}”.{' '}
                <button type="button" className="dt-clear" onClick={() => setState({ ...state, q: undefined })}>
                  Clear the filter
                </button>
              </>
            )}
          </div>
        ) : null}
      </div>
    </div>
  );
}

function Space({ height, span }: { height: number; span: number }): ReactNode {
  return (
    <tr aria-hidden="true" className="dt-space">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

/**
 * The column that explains the order stands first. After a click it moves once the pointer has left the header, so
 * that a second click still meets the same column.
 */
function useLeadColumn(id: string | null, box: { current: HTMLDivElement | null }): { lead: string | null; head: HeadEvents } {
  const [lead, setLead] = useState(id);
  const inside = useRef(false);
  const latest = useRef(id);
  useLayoutEffect(() => {
    latest.current = id;
    if (!inside.current) setLead(id);
  }, [id]);
  const first = useRef(true);
  const focused = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    if (box.current !== null) box.current.scrollLeft = 0;
    // A node that is moved loses the focus.
    if (focused.current !== null && document.activeElement === document.body) {
      box.current?.querySelector<HTMLElement>(`th[data-column="${CSS.escape(focused.current)}"] button`)?.focus({ preventScroll: true });
    }
  }, [lead, box]);
  const head = useMemo<HeadEvents>(
    () => ({
      onPointerEnter: () => void (inside.current = true),
      onPointerLeave: () => {
        inside.current = false;
        setLead(latest.current);
      },
      onFocus: (e) => void (focused.current = e.target.closest('th')?.dataset['column'] ?? null),
      // Without a next place the node was moved, or nothing has the focus any more.
      onBlur: (e) => {
        if (e.relatedTarget !== null) focused.current = null;
      },
    }),
    [],
  );
  return { lead, head };
}
