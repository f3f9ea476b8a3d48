// Texts: their lines, what differs between two of them, and the merge of three. Offsets are UTF-16 code units.
import { diffIndices } from 'node-diff3';

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
 * A place of the text as it is now (`at`) that a proposal would change. A conflict is one that both sides changed
 * since `base`, differently.
 */
export interface Hunk {
  at: Span;
  now: string;
  proposed: string;
  base: string;
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

/** What differs between two texts, line by line. */
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

interface Change extends Difference {
  side: 'now' | 'proposed';
}

/**
 * The three-way merge, as hunks of `now`: what `proposed` changed since `base`, at its place in `now`. Changes that
 * touch or overlap what `now` changed are one hunk with a conflict; a change that both made is none.
 */
export function merge3(base: string, proposed: string, now: string): Hunk[] {
  if (base === now) {
    return differences(now, proposed).map(({ a, b }) => {
      const text = now.slice(a.from, a.to);
      return { at: a, now: text, base: text, proposed: proposed.slice(b.from, b.to), conflict: false };
    });
  }
  const changes: Change[] = [
    ...differences(base, now).map((one): Change => ({ ...one, side: 'now' })),
    ...differences(base, proposed).map((one): Change => ({ ...one, side: 'proposed' })),
  ].sort((one, other) => one.a.from - other.a.from || one.a.to - other.a.to);
  const hunks: Hunk[] = [];
  // How far each side's offsets have drifted from the base's, up to the group at hand.
  const drift = { now: 0, proposed: 0 };
  for (let first = 0; first < changes.length; ) {
    const group = [changes[first] as Change];
    let end = (changes[first] as Change).a.to;
    for (let next = first + 1; next < changes.length && (changes[next] as Change).a.from <= end; next++) {
      group.push(changes[next] as Change);
      end = Math.max(end, (changes[next] as Change).a.to);
    }
    first += group.length;
    const from = (group[0] as Change).a.from;
    const side = (name: Change['side']): Span => {
      const own = group.filter((change) => change.side === name);
      const grown = own.reduce((sum, { a, b }) => sum + (b.to - b.from) - (a.to - a.from), 0);
      const span = { from: from + drift[name], to: end + drift[name] + grown };
      drift[name] += grown;
      return span;
    };
    const at = side('now');
    const there = side('proposed');
    const hunk = { at, now: now.slice(at.from, at.to), proposed: proposed.slice(there.from, there.to), base: base.slice(from, end) };
    if (hunk.proposed === hunk.base || hunk.proposed === hunk.now) continue;
    hunks.push({ ...hunk, conflict: hunk.now !== hunk.base });
  }
  return hunks;
}

/** The text that the choices make of `now`. A hunk without a choice stays as it is. */
export function compose(now: string, hunks: readonly Hunk[], choices: readonly (Choice | undefined)[]): string {
  const parts: string[] = [];
  let done = 0;
  hunks.forEach((hunk, index) => {
    const choice = choices[index] ?? 'now';
    if (choice === 'now') return;
    parts.push(now.slice(done, hunk.at.from), choice === 'both' ? hunk.now : '', bothJoined(hunk, choice));
    done = hunk.at.to;
  });
  parts.push(now.slice(done));
  return parts.join('');
}

/** The proposed text of a hunk; after the present one it starts on a line of its own. */
function bothJoined(hunk: Hunk, choice: Choice): string {
  const { now, proposed } = hunk;
  if (choice !== 'both' || now === '' || proposed === '' || now.endsWith('\n') || /^\r?\n/.test(proposed)) return proposed;
  return (now.includes('\r\n') ? '\r\n' : '\n') + proposed;
}

/** SHA-256 of the text's UTF-8, in hexadecimal. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
