import { OpenCount } from '../../alerts/OpenCount.tsx';
import type { Page } from '../../shell/page.ts';

export const page: Page = { path: '/alerts', label: 'Alerts', order: 5, Badge: OpenCount, load: () => import('./AlertsPage.tsx') };
