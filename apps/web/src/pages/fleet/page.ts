import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/fleet', label: 'Fleet', order: 30, load: () => import('./FleetPage.tsx') };
