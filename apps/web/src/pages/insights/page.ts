import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/insights', label: 'Insights', order: 7, load: () => import('./InsightsPage.tsx') };
