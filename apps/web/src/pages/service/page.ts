import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/services/$service', label: 'Service', order: null, load: () => import('./ServicePage.tsx') };
