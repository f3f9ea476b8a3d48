// The one database of the page, the desk over it, and how it is.
import { computed, signal } from '@preact/signals';
import { DbError, deleteDb, open, type Db, type Status } from 'prollite';
import { setUp, type Desk } from '../domain';
import { stored } from '../lib/stored';

const address = new URL(location.href);

/** Part of the address, so that a reload, a bookmark and a second tab find it. */
export const databaseName = address.searchParams.get('db') || 'memory-blocks';
const inMemory = address.searchParams.get('storage') === 'memory';

export const personName = stored('person', '');
/** Whose blocks: the rows carry it, whatever the person is called. */
const USER = 'me';

export const db = signal<Db | null>(null);
export const startError = signal<unknown>(null);
export const status = signal<Status>('opening');
/** The last failure that came by itself: storage lost, the quota reached. */
export const trouble = signal<unknown>(null);

export const desk = computed<Desk | null>(() => {
  const handle = db.value;
  const name = personName.value.trim() || 'Me';
  return handle && { db: handle, userId: USER, person: { name, email: 'me@this.device' }, now: () => new Date() };
});

/** The desk, for what a person asks: there is no button without one. */
export function needDesk(): Desk {
  const now = desk.peek();
  if (!now) throw new Error('the database is not open');
  return now;
}

/** For a remote, when it wants one. In memory only. */
export const token = signal('');
export function auth(): Record<string, string> {
  return token.peek() ? { authorization: `Bearer ${token.peek()}` } : {};
}

export async function start(): Promise<void> {
  startError.value = null;
  trouble.value = null;
  try {
    const handle = await open(databaseName, { ...(inMemory ? { storage: 'memory' as const } : {}), auth });
    handle.on('status', (now) => {
      status.value = now;
    });
    handle.on('error', (reason) => {
      trouble.value = reason;
    });
    await setUp(handle);
    status.value = handle.status;
    db.value = handle;
  } catch (reason) {
    startError.value = reason;
  }
}

/** After the browser removed the storage: forgets the database that was, and makes an empty one. */
export async function startAnew(): Promise<void> {
  await db.peek()?.close().catch(() => undefined);
  db.value = null;
  await deleteDb(databaseName);
  await start();
}

export function isLost(reason: unknown): boolean {
  return reason instanceof DbError && reason.code === 'STORAGE_LOST';
}

/** Failures of the storage beneath stay in view, and not only where they were met. */
export function noteTrouble(reason: unknown): void {
  if (reason instanceof DbError && (reason.code === 'QUOTA' || reason.code === 'STORAGE_LOST')) trouble.value = reason;
}
