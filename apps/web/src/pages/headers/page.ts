import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/headers', label: 'Headers', order: 20, load: () => import('./HeadersPage.tsx') };
