import type { ComponentType } from 'react';

/**
 * One page: `src/pages/<name>/page.ts` exports `page` of this type, and is found by itself (pages.ts). The component is
 * loaded when the page is first opened, so a page costs the others nothing.
 */
export interface Page {
  /** Path pattern of the router: `/failures`, `/services/$service`. */
  path: string;
  /** For the navigation and the document's title. */
  label: string;
  /** Place in the navigation, ascending; null: not in it. */
  order: number | null;
  /** Beside the label in the navigation, such as how much waits there; part of the first load. */
  Badge?: ComponentType;
  load: () => Promise<{ default: ComponentType }>;
}
