import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/', label: 'Overview', order: 0, load: () => import('./OverviewPage.tsx') };
