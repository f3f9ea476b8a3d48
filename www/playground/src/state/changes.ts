import { computed, signal } from '@preact/signals';
import type { TableStatus } from 'prollite';
import { act } from './action';
import { author } from './author';
import { resource } from './resource';

const status = resource<TableStatus[]>([], (db) => db.vc.status());

/** Uncommitted changes by table. A table that is staged and changed again stands in the status twice, here once. */
export const changes = computed(() => {
  const byTable = new Map<string, string>();
  for (const { table, change, staged } of status.value.value) {
    if (!byTable.has(table) || !staged) byTable.set(table, change);
  }
  return [...byTable].map(([table, change]) => ({ table, change }));
});
export const changesError = status.error;
export const changesReady = status.ready;

/** The message that is being written; a sample that was loaded proposes one. */
export const message = signal('');

export function commit(text: string, tables: readonly string[] | 'all'): Promise<boolean> {
  return act('Commit', async (db) => {
    await db.vc.reset();
    await (tables === 'all' ? db.vc.add() : db.vc.add([...tables]));
    const made = await db.vc.commit({ message: text, author: author.peek() });
    return `Committed as ${made.hash.slice(0, 8)}.`;
  });
}

export function discardAll(): Promise<boolean> {
  return act('Discarding', async (db) => {
    await db.vc.reset({ hard: true });
    return 'Back at the last commit.';
  });
}
