import { batch, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { Db } from 'prollite';
import { db } from './session';

/** A value that is read from the database. */
export interface Resource<T> {
  readonly value: ReadonlySignal<T>;
  readonly error: ReadonlySignal<unknown>;
  /** False until it has been read once. */
  readonly ready: ReadonlySignal<boolean>;
  refresh(): Promise<void>;
}

/** Counts the readings of everything, for what is read elsewhere and grows stale with it. */
export const changeTick = signal(0);

const all = new Set<Resource<unknown>>();

/**
 * Reads a value and reads it again on `refresh`. One reading at a time: a refresh during a reading asks for one more
 * after it, so ten notices in a row cost two readings and the last one sees the newest data. While `shown` says that
 * nobody looks at it, it waits; it is read when somebody does.
 */
export function resource<T>(initial: T, read: (db: Db) => Promise<T>, shown: () => boolean = () => true): Resource<T> {
  const value = signal(initial);
  const error = signal<unknown>(null);
  const ready = signal(false);
  let reading: Promise<void> | null = null;
  let again = false;
  let stale = true;

  async function readUntilCurrent(): Promise<void> {
    do {
      again = false;
      const handle = db.peek();
      if (!handle) return;
      try {
        const next = await read(handle);
        if (handle === db.peek()) {
          batch(() => {
            value.value = next;
            error.value = null;
            ready.value = true;
          });
        }
      } catch (reason) {
        if (handle === db.peek()) error.value = reason;
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
    if (shown() && db.value && stale) void untracked(() => made.refresh());
  });
  return made;
}

export async function refreshAll(): Promise<void> {
  changeTick.value = changeTick.peek() + 1;
  await Promise.all([...all].map((one) => one.refresh()));
}

/**
 * Everything is read again when this tab or another one wrote. A load of many statements sends many notices: reading
 * starts at the first one, and again at most every 100 ms.
 */
effect(() => {
  const handle = db.value;
  if (!handle) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const noticed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void refreshAll();
    }, 100);
  };
  const stops = [handle.on('change', noticed), handle.on('ref', noticed)];
  void refreshAll();
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
});
