const NUMBERS = new Intl.NumberFormat('en');
const DATES = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function number(n: number): string {
  return NUMBERS.format(n);
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  return n < 1024 * 1024 ? `${(n / 1024).toFixed(0)} KB` : `${(n / 1024 / 1024).toFixed(1)} MB`;
}

export function dateTime(date: Date): string {
  return DATES.format(date);
}

/** A commit's hash as people read it out: enough to tell commits apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}
