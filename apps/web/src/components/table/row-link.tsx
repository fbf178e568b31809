import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { patched, sharedOf, type Patch, type Search } from '../../url/search.ts';

/** Where a row leads to. */
export interface RowTarget {
  /** path, with `$service` and the like filled from `params` */
  to: string;
  params?: Readonly<Record<string, string>>;
  /** on top of the range and the other things all pages share */
  search?: Patch;
  /** the page's filters, sort and text stay too: for a row that opens on the same page */
  keep?: boolean;
}

/** The row's link: the whole row is its surface, and only the row the keyboard is at is in the tab order. */
export function RowLink({ target, active, selected, children }: { target: RowTarget; active: boolean; selected: boolean; children: ReactNode }): ReactNode {
  const { to, params = {}, search = {}, keep = false } = target;
  return (
    <Link
      to={to}
      params={params as never}
      search={((before: Search) => patched(keep ? before : sharedOf(before), search)) as never}
      resetScroll={!keep}
      className="dt-link"
      tabIndex={active ? 0 : -1}
      activeProps={{ 'aria-current': undefined }}
      {...(selected ? { 'aria-current': 'true' as const } : {})}
    >
      {children}
    </Link>
  );
}
