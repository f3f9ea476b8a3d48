import { presentableDiff } from '@codemirror/merge';

export interface Piece {
  text: string;
  changed: boolean;
}

/** Where two texts differ, in words. */
export function marked(before: string, after: string): [before: Piece[], after: Piece[]] {
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
