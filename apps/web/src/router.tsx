import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from '@tanstack/react-router';
import { Loading } from './components/Loading.tsx';
import { PAGES } from './shell/pages.ts';
import { PageError } from './shell/PageError.tsx';
import { NotFound } from './shell/NotFound.tsx';
import { Shell } from './shell/Shell.tsx';
import { parseSearch, stringifySearch, type Search } from './url/search.ts';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): Search => search as Search,
});

const pages = PAGES.map((page) =>
  createRoute({ getParentRoute: () => root, path: page.path, component: lazyRouteComponent(page.load, 'default'), staticData: { title: page.label } as never }),
);

/** The services have no page of their own; the overview is their list. */
const services = createRoute({ getParentRoute: () => root, path: '/services', component: () => <Navigate to="/" search={((before: Search) => before) as never} replace /> });

export const router = createRouter({
  routeTree: root.addChildren([...pages, services]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading label="the page" height={480} />,
  defaultErrorComponent: PageError,
  scrollRestoration: true,
});
