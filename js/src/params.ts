// Calls as bytes, read by crates/wasm/src/{call,values}.rs.
import { badArgument, DbError } from './errors';
import type { Params, SqlValue } from './types';

const NULL = 0;
const INT = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const WHOLE = 5;
const FALSE = 6;
const TRUE = 7;

const encoder = new TextEncoder();

/** Shorter texts are written by a loop while they are ASCII: that is faster than asking the encoder. */
const SHORT = 160;

export class Writer {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  /** The statement written last, and where: the next one often has the same text. */
  private lastText?: string;
  private lastFrom = 0;
  private lastTo = 0;

  private reserve(more: number) {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  private u8(value: number) {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number) {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  private f64(value: number) {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  text(value: string) {
    this.reserve(4 + value.length * 3);
    const written = this.ascii(value, this.length + 4) ?? encoder.encodeInto(value, this.bytes.subarray(this.length + 4)).written;
    this.view.setUint32(this.length, written, true);
    this.length += 4 + written;
  }

  private ascii(value: string, at: number): number | undefined {
    const { length } = value;
    if (length > SHORT) return undefined;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return undefined;
      this.bytes[at + index] = code;
    }
    return length;
  }

  private blob(value: Uint8Array) {
    this.u32(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  private int(value: bigint, where: string | number) {
    if (BigInt.asIntN(64, value) !== value) throw new DbError('INT_RANGE', `parameter ${where} does not fit 64 bits: ${value}`);
    this.u8(INT);
    this.reserve(8);
    this.view.setBigInt64(this.length, value, true);
    this.length += 8;
  }

  /** `where`: the parameter's number or name. */
  value(value: SqlValue | undefined, where: string | number) {
    switch (typeof value) {
      case 'undefined':
        throw badArgument(`parameter ${where} is undefined: use null`);
      case 'boolean':
        return this.u8(value ? TRUE : FALSE);
      case 'number':
        if (Number.isSafeInteger(value)) {
          this.u8(WHOLE);
        } else {
          this.u8(REAL);
        }
        return this.f64(value);
      case 'bigint':
        return this.int(value, where);
      case 'string':
        this.u8(TEXT);
        return this.text(value);
      case 'object':
        break;
      default:
        throw badArgument(`parameter ${where} is a ${typeof value}, which SQL has no value for`);
    }
    if (value === null) return this.u8(NULL);
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) throw badArgument(`parameter ${where} is an invalid Date`);
      this.u8(TEXT);
      // UTC, as TIMESTAMP is read and shown.
      return this.text(value.toISOString());
    }
    if (ArrayBuffer.isView(value)) {
      this.u8(BLOB);
      return this.blob(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (value instanceof ArrayBuffer) {
      this.u8(BLOB);
      return this.blob(new Uint8Array(value));
    }
    const json = JSON.stringify(value);
    if (json === undefined) throw badArgument(`parameter ${where} is no JSON`);
    this.u8(TEXT);
    return this.text(json);
  }

  /** One statement: its text, the names of its parameters if they have some, and their values. */
  statement(sql: string, params: Params) {
    if (sql === this.lastText) {
      this.reserve(this.lastTo - this.lastFrom);
      this.bytes.copyWithin(this.length, this.lastFrom, this.lastTo);
      this.length += this.lastTo - this.lastFrom;
    } else {
      this.lastText = sql;
      this.lastFrom = this.length;
      this.text(sql);
      this.lastTo = this.length;
    }
    if (Array.isArray(params)) {
      const values = params as readonly SqlValue[];
      this.u32(0);
      this.u32(values.length);
      for (let at = 0; at < values.length; at++) this.value(values[at], at + 1);
      return;
    }
    const named = Object.entries(params as Readonly<Record<string, SqlValue>>);
    this.u32(named.length);
    for (const [name] of named) this.text(name.replace(/^[:$@]/, ''));
    this.u32(named.length);
    for (const [name, value] of named) this.value(value, name);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length) as Uint8Array<ArrayBuffer>;
  }
}
