import type { SqlValue } from 'prollite';

export type CellKind = 'null' | 'number' | 'boolean' | 'text' | 'bytes' | 'json';

export function kindOf(value: SqlValue | undefined): CellKind {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'string' || value instanceof Date) return 'text';
  return 'json';
}

/** The whole value as text, as a person would type it. */
export function textOf(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) return `x'${hex(value)}'`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** One line for a grid cell. A cell shows a start; the whole value stands below the grid when the cell is chosen. */
export function lineOf(value: SqlValue | undefined): string {
  const text = value instanceof Uint8Array ? `x'${hex(value.subarray(0, 64))}'` : textOf(value);
  const line = text.slice(0, 200).replace(/\r\n?|\n/g, ' ↵ ');
  return text.length > 200 ? `${line}…` : line;
}

export function sameValue(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  return kindOf(a) === kindOf(b) && textOf(a) === textOf(b);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
