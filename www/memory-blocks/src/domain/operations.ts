// What an agent can ask for, and what it makes of a body: exactly, byte by byte. Nothing here reads or writes a database.
import { codePoints } from './text';

export type OperationName =
  | 'append'
  | 'replace'
  | 'full_replace'
  | 'replace_all'
  | 'insert'
  | 'create'
  | 'rename'
  | 'delete';

export const OPERATIONS: readonly OperationName[] = [
  'append', 'replace', 'full_replace', 'replace_all', 'insert', 'create', 'rename', 'delete',
];

/**
 * `append`: joined by a line break; to an empty body without one. `replace`: `anchor` occurs exactly once.
 * `replace_all`: `anchor` occurs. `insert`: as line `line`, counted from 1; `line` = number of lines + 1 is the end.
 * `full_replace`: the body. `create`: the first body of a new block. `rename`: `value` is the new label. `delete`: the block.
 */
export interface Operation {
  operation: OperationName;
  value?: string;
  anchor?: string;
  line?: number;
}

export type RefusalCode =
  | 'malformed'
  | 'unknown_operation'
  | 'unknown_block'
  | 'stale_base'
  | 'anchor_missing'
  | 'anchor_ambiguous'
  | 'line_out_of_range'
  | 'over_limit'
  | 'read_only'
  | 'no_change'
  | 'label_taken'
  | 'already_rejected'
  | 'agent_blocked'
  | 'too_many_pending'
  | 'not_pending'
  | 'moved'
  | 'conflict'
  | 'expired'
  | 'unknown_proposal'
  | 'nothing_to_undo';

/** What cannot be done, by a code for programs and a sentence for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
  }
}

/** The line break that a text uses: of its first one. */
export function breakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

function occurrences(text: string, anchor: string): number {
  let count = 0;
  for (let at = text.indexOf(anchor); at >= 0; at = text.indexOf(anchor, at + 1)) count++;
  return count;
}

function needed(name: 'value' | 'anchor', { operation, ...given }: Operation): string {
  const text = given[name];
  if (typeof text !== 'string') throw new Refusal('malformed', `${operation} needs a text "${name}"`);
  if (name === 'anchor' && text === '') throw new Refusal('malformed', `${operation} needs an anchor that is not empty`);
  return text;
}

/** The body after the operation. Operations on the block itself leave the body as it is; `create` makes it. */
export function applyOperation(body: string, asked: Operation): string {
  switch (asked.operation) {
    case 'append': {
      const value = needed('value', asked);
      return body === '' ? value : body + breakOf(body) + value;
    }
    case 'full_replace':
    case 'create':
      return needed('value', asked);
    case 'replace': {
      const anchor = needed('anchor', asked);
      const value = needed('value', asked);
      const count = occurrences(body, anchor);
      if (count === 0) throw new Refusal('anchor_missing', 'the text to replace is not in the block');
      if (count > 1) throw new Refusal('anchor_ambiguous', `the text to replace occurs ${count} times in the block: give more of its surroundings`, { count });
      const at = body.indexOf(anchor);
      return body.slice(0, at) + value + body.slice(at + anchor.length);
    }
    case 'replace_all': {
      const anchor = needed('anchor', asked);
      const value = needed('value', asked);
      if (!body.includes(anchor)) throw new Refusal('anchor_missing', 'the text to replace is not in the block');
      return body.split(anchor).join(value);
    }
    case 'insert':
      return insertAt(body, needed('value', asked), asked.line);
    case 'rename':
    case 'delete':
      return body;
    default:
      throw new Refusal('unknown_operation', `there is no operation "${String(asked.operation)}": ${OPERATIONS.join(', ')}`);
  }
}

function insertAt(body: string, value: string, line: number | undefined): string {
  const lines = body === '' ? [] : body.split('\n');
  const last = lines.length + 1;
  if (!Number.isInteger(line) || line === undefined || line < 1 || line > last) {
    throw new Refusal('line_out_of_range', `a line between 1 and ${last} is needed, ${String(line)} came`, { last });
  }
  if (body === '') return value;
  const eol = breakOf(body);
  if (line === last) return body + eol + value;
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return body.slice(0, before) + value + eol + body.slice(before);
}

export function checkLimit(body: string, limit: number): void {
  const length = codePoints(body);
  if (length > limit) {
    throw new Refusal('over_limit', `the block would have ${length} characters, its limit is ${limit}`, { length, limit });
  }
}

/** A label is also the name of a file. */
export function checkLabel(label: unknown): string {
  if (typeof label !== 'string' || !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,98}$/u.test(label)) {
    throw new Refusal('malformed', 'a label is 1 to 99 letters, digits, spaces, dots, dashes or underscores, and starts with a letter or digit');
  }
  return label;
}
