import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/failures', label: 'Failures', order: 10, load: () => import('./FailuresPage.tsx') };
