export { AsOfTable } from './as-of-table.ts';
export { columnProblems, columnsOf, rowValues, sameShape } from './row-values.ts';
