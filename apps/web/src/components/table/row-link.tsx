import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { patched, sharedOf, stringifySearch, type Patch, type Search } from '../../url/search.ts';

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

interface Props {
  target: RowTarget;
  /** the query string of the page that is shown */
  here: Search;
  active: boolean;
  selected: boolean;
  children: ReactNode;
}

export function pathOf(to: string, params: Readonly<Record<string, string>> = {}): string {
  return to.replaceAll(/\$(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/**
 * The row's link: the whole row is its surface, and only the row the keyboard is at is in the tab order. An anchor of our
 * own, because the router's one listens to every change of the router: too much for thirty rows a frame.
 */
export function RowLink({ target, here, active, selected, children }: Props): ReactNode {
  const router = useRouter();
  const { to, params, keep = false } = target;
  const search = patched(keep ? here : sharedOf(here), target.search ?? {});
  const go = (e: MouseEvent): void => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    void router.navigate({ to, params: (params ?? {}) as never, search: search as never, resetScroll: !keep });
  };
  return (
    <a href={pathOf(to, params) + stringifySearch(search)} onClick={go} className="dt-link" tabIndex={active ? 0 : -1} aria-current={selected || undefined}>
      {children}
    </a>
  );
}
