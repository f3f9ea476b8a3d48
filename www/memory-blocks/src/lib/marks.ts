import { marked as markedWords, type Piece } from '../../../shared/marks';

export type { Piece };

/** Where two short texts differ, in words. Long ones are shown whole: all of it is new anyway. */
export function marked(before: string, after: string): [before: Piece[], after: Piece[]] {
  if (before === '' || after === '' || before.length + after.length > 8000) {
    return [[{ text: before, changed: false }], [{ text: after, changed: false }]];
  }
  return markedWords(before, after);
}

/** Blanks, tabs and breaks that make the whole difference are shown as signs. */
export function onlySpace(before: string, after: string): boolean {
  return before.replace(/\s+/g, '') === after.replace(/\s+/g, '');
}

export function visible(text: string): string {
  return text.replaceAll('\t', '→\t').replaceAll('\r', '␍').replaceAll('\n', '⏎\n').replaceAll(' ', '·');
}
