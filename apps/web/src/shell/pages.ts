import type { Page } from './page.ts';

const found = import.meta.glob<{ page: Page }>('../pages/*/page.ts', { eager: true });

/** All pages there are, in the order of the navigation. */
export const PAGES: readonly Page[] = Object.values(found)
  .map((module) => module.page)
  .sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity));

export const NAVIGATION: readonly Page[] = PAGES.filter((page) => page.order !== null);
