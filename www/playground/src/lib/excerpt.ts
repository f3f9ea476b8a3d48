/** Where an error points: line and column from 1, the line itself, and the column in it from 0. */
export interface Excerpt {
  line: number;
  column: number;
  text: string;
}

export function excerptAt(source: string, position: number): Excerpt {
  const at = Math.max(0, Math.min(position, source.length));
  const start = source.lastIndexOf('\n', at - 1) + 1;
  const end = source.indexOf('\n', at);
  return {
    line: source.slice(0, start).split('\n').length,
    column: at - start + 1,
    text: source.slice(start, end < 0 ? source.length : end),
  };
}

/** The span to underline from a position: the word that stands there, or one character. */
export function wordAt(source: string, position: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(position, source.length));
  const word = /^[\p{L}\p{N}_$]+|^'[^']*'?|^./su.exec(source.slice(from));
  return { from, to: from + (word?.[0].length ?? 0) };
}
