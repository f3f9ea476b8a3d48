// Texts: their lines, what differs between two of them, and the merge of three. Offsets are UTF-16 code units.
import { diffIndices } from 'node-diff3';
import type { Queries } from './desk';

export interface Span {
  from: number;
  to: number;
}

/** A place where two texts differ. */
export interface Difference {
  a: Span;
  b: Span;
}

/**
 * Lines of the text as it is now, from `line` (counted from 0), that a proposal would change. A conflict is a place
 * that both sides changed since `base`, differently.
 */
export interface Hunk {
  line: number;
  now: string[];
  proposed: string[];
  base: string[];
  conflict: boolean;
}

/** What becomes of a hunk. `both`: the text as it is, then the proposed one. */
export type Choice = 'proposed' | 'now' | 'both';

/** Letters as a person counts them for a limit: Unicode code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      count--;
      at++;
    }
  }
  return count;
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** Lines, each with its break. A lone CR is a letter. Joined they are the text again. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function offsets(lines: readonly string[]): number[] {
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length);
  return starts;
}

export interface LineRange {
  from: number;
  to: number;
}

/** Ranges of lines that differ. What both texts begin and end with is put aside first: an edit costs its own size. */
export function lineDiff(a: readonly string[], b: readonly string[]): { a: LineRange; b: LineRange }[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(head, a.length - tail);
  const right = b.slice(head, b.length - tail);
  if (left.length === 0 && right.length === 0) return [];
  if (left.length === 0 || right.length === 0) {
    return [{ a: { from: head, to: head + left.length }, b: { from: head, to: head + right.length } }];
  }
  return diffIndices(left, right).map(({ buffer1: [at, length], buffer2: [there, size] }) => ({
    a: { from: head + at, to: head + at + length },
    b: { from: head + there, to: head + there + size },
  }));
}

/** What differs between two texts, line by line: for what is shown, and not decided. */
export function differences(a: string, b: string): Difference[] {
  if (a === b) return [];
  const [left, right] = [linesOf(a), linesOf(b)];
  const [leftAt, rightAt] = [offsets(left), offsets(right)];
  return lineDiff(left, right).map((one) => shrunkAtEnd(a, b, { a: spanOf(one.a, leftAt), b: spanOf(one.b, rightAt) }));
}

/** What follows a last line without a break is added to it, and does not change it. */
function shrunkAtEnd(left: string, right: string, { a, b }: Difference): Difference {
  if (a.to !== left.length || b.to !== right.length) return { a, b };
  const [was, is] = [left.slice(a.from), right.slice(b.from)];
  const [short, long] = was.length < is.length ? [was, is] : [is, was];
  if (short === '' || short.endsWith('\n') || !/^\r?\n/.test(long.slice(short.length)) || !long.startsWith(short)) return { a, b };
  return { a: { from: a.from + short.length, to: a.to }, b: { from: b.from + short.length, to: b.to } };
}

function spanOf({ from, to }: LineRange, starts: readonly number[]): Span {
  return { from: starts[from] ?? 0, to: starts[to] ?? 0 };
}

interface HunkRow {
  kind: 'theirs' | 'conflict';
  our_line: number;
  base_text: string | null;
  our_text: string | null;
  their_text: string | null;
}

/**
 * The three-way merge, by the engine, as the merge driver `text3` makes it: what `proposed` changed since `base`, at its
 * place in `now`. Lines stand between line feeds, a carriage return belongs to its line; NULL is no line.
 */
export async function merge3(queries: Queries, base: string, proposed: string, now: string): Promise<Hunk[]> {
  if (base === proposed || now === proposed) return [];
  const { rows } = await queries.query<HunkRow>(
    `SELECT kind, our_line, base_text, our_text, their_text FROM dolt_text_hunks(?, ?, ?) WHERE kind IN ('theirs', 'conflict') ORDER BY hunk`,
    [base, now, proposed],
  );
  return rows.map(({ kind, our_line, base_text, our_text, their_text }) => ({
    line: Number(our_line) - 1,
    now: split(our_text),
    proposed: split(their_text),
    base: split(base_text),
    conflict: kind === 'conflict',
  }));
}

function split(text: string | null): string[] {
  return text === null ? [] : text.split('\n');
}

/** The text that the choices make of `now`. A hunk without a choice stays as it is. */
export function compose(now: string, hunks: readonly Hunk[], choices: readonly (Choice | undefined)[]): string {
  const lines = now.split('\n');
  const made: string[] = [];
  let done = 0;
  hunks.forEach((hunk, index) => {
    const choice = choices[index] ?? 'now';
    for (; done < hunk.line; done++) made.push(lines[done] as string);
    if (choice !== 'proposed') made.push(...hunk.now);
    if (choice !== 'now') made.push(...hunk.proposed);
    done += hunk.now.length;
  });
  for (; done < lines.length; done++) made.push(lines[done] as string);
  return made.join('\n');
}

/** SHA-256 of the text's UTF-8, in hexadecimal. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
