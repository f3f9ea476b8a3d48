import { retryableCodes, type ErrorCode } from './codes';

/** Every error of this package. `code` is stable; `position` counts UTF-16 units of the SQL text. */
export class DbError extends Error {
  readonly code: ErrorCode;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;
  readonly position?: number;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, more: { position?: number; hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'DbError';
    this.code = code;
    this.retryable = retryableCodes.includes(code);
    if (more.position !== undefined) this.position = more.position;
    if (more.hint !== undefined) this.hint = more.hint;
  }
}

/** An error as it crosses from the engine. */
export interface WireError {
  code: ErrorCode;
  message: string;
  /** Bytes of UTF-8. */
  position?: number;
  hint?: string;
}

export function isWireError(value: unknown): value is WireError {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

export function fromWire(error: unknown, sql?: string): DbError {
  if (error instanceof DbError) return error;
  if (!isWireError(error)) return new DbError('INTERNAL', String(error), { cause: error });
  const { code, message, position, hint } = error;
  const at = position === undefined ? undefined : sql === undefined ? position : unitsBefore(sql, position);
  return new DbError(code, message, { position: at, hint });
}

/** The engine counts bytes of UTF-8, JavaScript UTF-16 units. */
function unitsBefore(text: string, bytes: number): number {
  let seen = 0;
  let units = 0;
  for (const character of text) {
    if (seen >= bytes) break;
    const point = character.codePointAt(0) ?? 0;
    seen += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    units += character.length;
  }
  return units;
}

export function closedError(): DbError {
  return new DbError('CLOSED', 'the database handle is closed');
}

export function badArgument(message: string): DbError {
  return new DbError('BAD_ARGUMENT', message);
}
