import { signal } from '@preact/signals';

/** What was done or went wrong last, shown in one place and read out by a screen reader. */
export type Notice = { kind: 'done'; text: string } | { kind: 'failed'; text: string; reason: unknown };

export const notice = signal<Notice | null>(null);

export function tell(text: string): void {
  notice.value = { kind: 'done', text };
}

export function tellFailure(text: string, reason: unknown): void {
  notice.value = { kind: 'failed', text, reason };
}
