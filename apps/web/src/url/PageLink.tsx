import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { patched, sharedOf, type Patch, type Search } from './search.ts';

export interface PageLinkProps {
  /** A path, with `$service` and the like filled from `params`. */
  to: string;
  params?: Readonly<Record<string, string>>;
  /** On top of the range and the other things all pages share. */
  search?: Patch;
  className?: string;
  children: ReactNode;
  'aria-label'?: string;
  title?: string;
}

/** A link to another page that keeps the time range. Its address is a whole state: it can be opened anew or sent. */
export function PageLink({ to, params, search = {}, ...rest }: PageLinkProps) {
  return (
    <Link
      to={to}
      params={(params ?? {}) as never}
      search={((before: Search) => patched(sharedOf(before), search)) as never}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      activeProps={{ 'aria-current': 'page' }}
      {...rest}
    />
  );
}
