// Values that are read from the database, and read again when this tab or another one wrote.
import { batch, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Desk } from '../domain';
import { db, desk } from './session';

export interface Resource<T> {
  readonly value: ReadonlySignal<T>;
  readonly error: ReadonlySignal<unknown>;
  /** False until it has been read once. */
  readonly ready: ReadonlySignal<boolean>;
  refresh(): Promise<void>;
}

/** Counts the readings of everything, for what is read elsewhere and grows stale with it. */
export const tick = signal(0);

const all = new Set<Resource<unknown>>();

/**
 * One reading at a time: a refresh during a reading asks for one more after it, so ten notices in a row cost two
 * readings and the last one sees the newest data. While nobody looks (`shown`), it waits.
 */
export function resource<T>(initial: T, read: (desk: Desk) => Promise<T>, shown: () => boolean = () => true): Resource<T> {
  const value = signal(initial);
  const error = signal<unknown>(null);
  const ready = signal(false);
  let reading: Promise<void> | null = null;
  let again = false;
  let stale = true;

  async function readUntilCurrent(): Promise<void> {
    do {
      again = false;
      const now = desk.peek();
      if (!now) return;
      try {
        const next = await read(now);
        batch(() => {
          value.value = next;
          error.value = null;
          ready.value = true;
        });
      } catch (reason) {
        error.value = reason;
      }
    } while (again);
  }

  const made: Resource<T> = {
    value,
    error,
    ready,
    refresh() {
      stale = !shown();
      if (stale) return Promise.resolve();
      again = true;
      reading ??= readUntilCurrent().finally(() => {
        reading = null;
      });
      return reading;
    },
  };
  all.add(made as Resource<unknown>);
  effect(() => {
    if (shown() && db.value && stale) void made.refresh();
  });
  return made;
}

export async function refreshAll(): Promise<void> {
  await Promise.all([...all].map((one) => one.refresh()));
  tick.value = tick.peek() + 1;
}

effect(() => {
  const handle = db.value;
  if (!handle) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const noticed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void refreshAll();
    }, 60);
  };
  const stops = [handle.on('change', noticed), handle.on('ref', noticed)];
  void refreshAll();
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
});
