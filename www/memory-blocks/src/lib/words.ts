export * from '../../../shared/words';

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];

/** "3 hours ago", "in 2 days"; under a minute "now". */
export function age(when: Date, now = Date.now()): string {
  const away = when.getTime() - now;
  for (const [unit, size] of STEPS) {
    if (Math.abs(away) >= size) return RELATIVE.format(Math.round(away / size), unit);
  }
  return 'just now';
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function excerpt(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
