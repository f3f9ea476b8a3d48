import { presentableDiff } from '@codemirror/merge';

export interface Piece {
  text: string;
  changed: boolean;
}

/** Where two short texts differ, in words. Long ones are shown whole: all of it is new anyway. */
export function marked(before: string, after: string): [before: Piece[], after: Piece[]] {
  if (before === '' || after === '' || before.length + after.length > 8000) {
    return [[{ text: before, changed: false }], [{ text: after, changed: false }]];
  }
  const found = presentableDiff(before, after, { scanLimit: 500, timeout: 20 });
  const cut = (text: string, spans: [number, number][]): Piece[] => {
    const pieces: Piece[] = [];
    let at = 0;
    for (const [from, to] of spans) {
      if (from > at) pieces.push({ text: text.slice(at, from), changed: false });
      if (to > from) pieces.push({ text: text.slice(from, to), changed: true });
      at = to;
    }
    if (at < text.length) pieces.push({ text: text.slice(at), changed: false });
    return pieces;
  };
  return [cut(before, found.map(({ fromA, toA }) => [fromA, toA])), cut(after, found.map(({ fromB, toB }) => [fromB, toB]))];
}

/** Blanks, tabs and breaks that make the whole difference are shown as signs. */
export function onlySpace(before: string, after: string): boolean {
  return before.replace(/\s+/g, '') === after.replace(/\s+/g, '');
}

export function visible(text: string): string {
  return text.replaceAll('\t', '→\t').replaceAll('\r', '␍').replaceAll('\n', '⏎\n').replaceAll(' ', '·');
}
