// What a screen reader hears, and the line that says what was done.
import { signal } from '@preact/signals';

/** The last things said, each with a number: what is added is heard, and the same words twice are heard twice. */
export const heard = signal<readonly { n: number; text: string }[]>([]);

export interface Notice {
  kind: 'done' | 'failed';
  text: string;
  reason?: unknown;
}

export const notice = signal<Notice | null>(null);
let said = 0;

/** Said politely, after what was said before. */
export function say(text: string): void {
  heard.value = [...heard.peek().slice(-3), { n: ++said, text }];
}

export function tell(text: string): void {
  notice.value = { kind: 'done', text };
}

export function fail(text: string, reason: unknown): void {
  notice.value = { kind: 'failed', text, reason };
}
