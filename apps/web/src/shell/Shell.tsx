import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useSession } from '../api/session.ts';
import { CaptureStrip } from './CaptureStrip.tsx';
import { LoginNeeded } from './LoginNeeded.tsx';
import { NAVIGATION, PAGES } from './pages.ts';
import { PageLink } from '../url/PageLink.tsx';
import { SessionMenu } from './SessionMenu.tsx';
import { ThemeSelect } from './ThemeSelect.tsx';
import { TimeBar } from './TimeBar.tsx';
import './shell.css';

/** What is around every page: navigation, time range, who is logged in, and what the capture says of itself. */
export function Shell() {
  const session = useSession();
  const main = useRef<HTMLElement>(null);
  useTitle();
  useFocusOnNewPage(main);
  const problem = session.error;
  const out = problem?.needsLogin === true;
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <PageLink to="/" className="top-name">
          Headwater
        </PageLink>
        <nav aria-label="Pages" className="top-pages">
          {NAVIGATION.map((page) => (
            <PageLink key={page.path} to={page.path}>
              {page.label}
              {page.Badge && !out ? <page.Badge /> : null}
            </PageLink>
          ))}
        </nav>
        {out ? null : <TimeBar />}
        <div className="top-person">
          <ThemeSelect />
          <SessionMenu session={out ? null : session.data} />
        </div>
      </header>
      {/* keeps its room, so that the page below does not move */}
      {out ? <div className="capture" /> : <CaptureStrip />}
      <main id="main" ref={main} tabIndex={-1}>
        {out ? <LoginNeeded problem={problem} was={session.data !== undefined} /> : <Outlet />}
      </main>
    </>
  );
}

/** `checkout · Service · Headwater`, so that tabs and the history can be told apart. */
function useTitle(): void {
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    const page = PAGES.find(({ path: pattern }) => pattern === path || (pattern.includes('$') && path.startsWith(pattern.slice(0, pattern.indexOf('$')))));
    const detail = page?.path.includes('$') ? decodeURIComponent(path.slice(page.path.indexOf('$'))) : null;
    document.title = [detail, page?.label, 'Headwater'].filter(Boolean).join(' · ');
  }, [path]);
}

/** A new page begins at its top for the keyboard and a screen reader too; the first one where the browser puts it. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? null });
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (shown.current !== null && path !== null && shown.current !== path) main.current?.focus({ preventScroll: true });
    if (path !== null) shown.current = path;
  }, [path, main]);
}
