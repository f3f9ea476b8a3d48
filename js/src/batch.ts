// Results as the engine encodes them: crates/wasm/src/batch.rs draws the layout.
import { DbError } from './errors';
import type { Column, QueryOpts, Result, SqlValue } from './types';

const MAGIC = 0x31425250; // "PRB1"

const NULL = 0;
const INT = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const SAFE = 5;

const BOOL_COLUMN = 1;
const JSON_COLUMN = 2;
const TIMESTAMP_COLUMN = 3;

const decoder = new TextDecoder();

/** What the columns of a result are; results of one statement that runs many times share it. */
interface Shape {
  readonly columns: readonly Column[];
  readonly kinds: readonly number[];
  readonly names: readonly string[];
  /** A column is called `__proto__`. */
  readonly odd: boolean;
  /** Where the bytes stand that it was read from, and how many they are. */
  readonly at: number;
  readonly length: number;
}

/** The results in a message. */
export function decodeResults(message: Uint8Array, options: QueryOpts): Result<never>[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const count = view.getUint32(0, true);
  const results: Batch[] = new Array(count);
  let at = 8;
  let shape: Shape | undefined;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(at, true);
    shape = shapeOf(message, view, at + 8, shape);
    results[i] = new Batch(message, view, at + 8, shape, options);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return results as unknown as Result<never>[];
}

/** The columns of the result at `start`; `known` if they are the same. */
function shapeOf(bytes: Uint8Array, view: DataView, start: number, known: Shape | undefined): Shape {
  if (view.getUint32(start, true) !== MAGIC) throw new DbError('INTERNAL', 'a result does not start as one');
  const width = view.getUint32(start + 8, true);
  const length = view.getUint32(start + 12, true);
  const section = start + 32;
  if (known && known.length === length && known.columns.length === width && same(bytes, known.at, section, length)) return known;
  const columns: Column[] = [];
  const kinds: number[] = [];
  let at = section + 1 + view.getUint8(section);
  for (let i = 0; i < width; i++) {
    kinds.push(view.getUint8(at));
    const typeLength = view.getUint8(at + 1);
    const nameLength = view.getUint32(at + 2, true);
    at += 6;
    const type = decoder.decode(bytes.subarray(at, at + typeLength));
    const name = decoder.decode(bytes.subarray(at + typeLength, at + typeLength + nameLength));
    at += typeLength + nameLength;
    columns.push({ name, type });
  }
  const names = columns.map(({ name }) => name);
  return { columns, kinds, names, odd: names.includes('__proto__'), at: section, length };
}

function same(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

class Batch {
  readonly columns: readonly Column[];
  readonly affected: number;
  private decoded?: unknown[];
  private bytes?: Uint8Array;
  private view?: DataView;

  constructor(
    bytes: Uint8Array,
    view: DataView,
    private readonly start: number,
    private readonly shape: Shape,
    private readonly options: QueryOpts,
  ) {
    this.bytes = bytes;
    this.view = view;
    this.columns = shape.columns;
    this.affected = view.getFloat64(start + 24, true);
  }

  get rows(): unknown[] {
    this.decoded ??= this.decode();
    return this.decoded;
  }

  private decode(): unknown[] {
    const { start } = this;
    const { names, odd } = this.shape;
    const bytes = this.bytes as Uint8Array;
    const view = this.view as DataView;
    const height = view.getUint32(start + 4, true);
    const width = names.length;
    const slots = start + 32 + this.shape.length;
    const tags = slots + height * width * 8;
    const textAt = tags + height * width;
    const textLength = view.getUint32(start + 16, true);
    const blobsAt = textAt + textLength;
    const text = textLength === 0 ? '' : decoder.decode(bytes.subarray(textAt, blobsAt));
    const cell = (index: number, column: number): SqlValue => {
      const slot = slots + index * 8;
      switch (bytes[tags + index]) {
        case NULL:
          return null;
        case SAFE:
          return this.integer(view.getFloat64(slot, true), column);
        case INT:
          return this.large(view.getBigInt64(slot, true), column);
        case REAL:
          return view.getFloat64(slot, true);
        case TEXT: {
          const from = view.getUint32(slot, true);
          return this.text(text.slice(from, from + view.getUint32(slot + 4, true)), column);
        }
        case BLOB: {
          const from = blobsAt + view.getUint32(slot, true);
          return bytes.slice(from, from + view.getUint32(slot + 4, true));
        }
        default:
          throw new DbError('INTERNAL', 'a result holds a cell of unknown kind');
      }
    };
    const rows: unknown[] = new Array(height);
    const asArrays = this.options.rowMode === 'array';
    for (let row = 0, index = 0; row < height; row++) {
      if (asArrays) {
        const values: SqlValue[] = new Array(width);
        for (let column = 0; column < width; column++) values[column] = cell(index++, column);
        rows[row] = values;
      } else {
        const object: Record<string, SqlValue> = {};
        for (let column = 0; column < width; column++) {
          const name = names[column] as string;
          const value = cell(index++, column);
          if (odd) Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
          else object[name] = value;
        }
        rows[row] = object;
      }
    }
    // The rows hold all that is wanted from here on.
    this.bytes = undefined;
    this.view = undefined;
    return rows;
  }

  private integer(value: number, column: number): SqlValue {
    if (this.shape.kinds[column] === BOOL_COLUMN) return value !== 0;
    switch (this.options.int64) {
      case 'bigint':
        return BigInt(value);
      case 'string':
        return String(value);
      default:
        return value;
    }
  }

  private large(value: bigint, column: number): SqlValue {
    switch (this.options.int64) {
      case 'bigint':
        return value;
      case 'string':
        return String(value);
      default: {
        const name = this.columns[column]?.name ?? '';
        throw new DbError('INT_RANGE', `${value} in column ${name} is no exact number`, {
          hint: "ask for int64: 'bigint' or 'string'",
        });
      }
    }
  }

  private text(value: string, column: number): SqlValue {
    switch (this.shape.kinds[column]) {
      case JSON_COLUMN:
        return JSON.parse(value) as SqlValue;
      case TIMESTAMP_COLUMN: {
        const iso = utc(value);
        return this.options.temporal === 'Date' ? new Date(iso) : iso;
      }
      default:
        return value;
    }
  }
}

/** `2024-01-02 03:04:05.678` as ISO 8601 in UTC. */
function utc(value: string): string {
  const iso = value.replace(' ', 'T');
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`;
}
