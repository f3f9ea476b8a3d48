// Values that are read from a database, and read again when this tab or another one wrote.
import { batch, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { Db } from 'prollite';

/** A value that is read. */
export interface Resource<T> {
  readonly value: ReadonlySignal<T>;
  readonly error: ReadonlySignal<unknown>;
  /** False until it has been read once. */
  readonly ready: ReadonlySignal<boolean>;
  refresh(): Promise<void>;
}

export interface Readings<S> {
  resource<T>(initial: T, read: (source: S) => Promise<T>, shown?: () => boolean): Resource<T>;
  refreshAll(): Promise<void>;
  /** Counts the readings of everything, for what is read elsewhere and grows stale with it. */
  readonly tick: ReadonlySignal<number>;
}

/**
 * Readings of what `source` answers, which stands on the database of `handle`. A load of many statements sends many
 * notices: reading starts at the first one, and again at most every `pauseMs`.
 */
export function readings<S>(handle: ReadonlySignal<Db | null>, source: () => S | null, pauseMs: number): Readings<S> {
  const all = new Set<Resource<unknown>>();
  const tick = signal(0);

  /**
   * Reads a value and reads it again on `refresh`. One reading at a time: a refresh during a reading asks for one more
   * after it, so ten notices in a row cost two readings and the last one sees the newest data. While `shown` says that
   * nobody looks at it, it waits; it is read when somebody does.
   */
  function resource<T>(initial: T, read: (source: S) => Promise<T>, shown: () => boolean = () => true): Resource<T> {
    const value = signal(initial);
    const error = signal<unknown>(null);
    const ready = signal(false);
    let reading: Promise<void> | null = null;
    let again = false;
    let stale = true;

    async function readUntilCurrent(): Promise<void> {
      do {
        again = false;
        const [db, from] = [handle.peek(), source()];
        if (!db || from === null) return;
        try {
          const next = await read(from);
          // What came from a database that was left meanwhile is nobody's any more.
          if (db === handle.peek()) {
            batch(() => {
              value.value = next;
              error.value = null;
              ready.value = true;
            });
          }
        } catch (reason) {
          if (db === handle.peek()) error.value = reason;
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
      if (shown() && handle.value && stale) void untracked(() => made.refresh());
    });
    return made;
  }

  async function refreshAll(): Promise<void> {
    await Promise.all([...all].map((one) => one.refresh()));
    tick.value = tick.peek() + 1;
  }

  effect(() => {
    const db = handle.value;
    if (!db) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const noticed = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refreshAll();
      }, pauseMs);
    };
    const stops = [db.on('change', noticed), db.on('ref', noticed)];
    void untracked(() => refreshAll());
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  });

  return { resource, refreshAll, tick };
}
