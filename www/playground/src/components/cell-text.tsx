import type { SqlValue } from 'prollite';
import { kindOf, lineOf } from '../lib/value';

export function CellText({ value }: { value: SqlValue | undefined }) {
  const kind = kindOf(value);
  return <span class={`value value-${kind}`}>{lineOf(value)}</span>;
}
