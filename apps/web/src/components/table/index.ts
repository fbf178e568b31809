export { DataTable, type DataTableProps } from './data-table.tsx';
export { figure, type CellValue, type Column, type TableState } from './column.ts';
export type { RowTarget } from './row-link.tsx';
export { useTableSearch } from './use-table-search.ts';
export { copyText } from './clipboard.ts';
export { useAllRows } from './use-all-rows.ts';
export { useInSight } from './use-in-sight.ts';
