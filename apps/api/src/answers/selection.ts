import type { Role } from '@headwater/sketch';
import type { Query } from '../query/parameters.ts';
import { parseStatus, type StatusFilter } from '../query/status.ts';
import type { PatternIdentity } from '../windows/identities.ts';

/** Which patterns a query means. */
export interface Selection {
  role: Role;
  method: string | null;
  route: string | null;
  status: StatusFilter | null;
  /** only exchanges without a whole response, for these reasons (error.type); null: whatever */
  errorTypes: ReadonlySet<string> | null;
}

export function selectionOf(query: Query): Selection {
  return {
    role: (query.role ?? 'server') as Role,
    method: query.method ?? null,
    route: query.route ?? null,
    status: query.status === undefined ? null : parseStatus(query.status),
    errorTypes: query.error_type === undefined ? null : new Set(query.error_type.split(',')),
  };
}

/** Whether the selection is a whole role, so totals of the role answer it. */
export function isWholeRole(s: Selection): boolean {
  return s.method === null && s.route === null && s.status === null && s.errorTypes === null;
}

export function selects(s: Selection, p: Omit<PatternIdentity, 'service' | 'index'>): boolean {
  return p.role === s.role && (s.method === null || p.method === s.method) && (s.route === null || p.route === s.route) && (s.status === null || s.status(p.status));
}

export const GROUP_KEYS = ['service', 'role', 'method', 'route', 'status'] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];
/** Failures also by why there is no whole response. */
export const FAILURE_KEYS = [...GROUP_KEYS, 'error_type'] as const;
export type FailureKey = (typeof FAILURE_KEYS)[number];
export type GroupRow = Partial<Pick<PatternIdentity, GroupKey>> & { error_type?: string };
