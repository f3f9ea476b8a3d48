import { effect, signal } from '@preact/signals';
import { DbError, open, type Db } from 'prollite';
import { tellFailure } from './notice';
import { syncing } from './sync';
import { headersFor } from './tokens';

const address = new URL(location.href);

/** The database is part of the address, so that a reload, a bookmark and a second tab find it. */
export const databaseName = address.searchParams.get('db') || 'playground';

export const db = signal<Db | null>(null);
export const branch = signal(address.searchParams.get('branch') || 'main');
export const startError = signal<unknown>(null);

export async function start(): Promise<void> {
  startError.value = null;
  try {
    const handle = await openOn(branch.value);
    // Opening does not look at the branch; the first question does.
    await handle.query('SELECT active_branch()');
    db.value = handle;
  } catch (reason) {
    // The branch in the address may have been deleted since.
    if (reason instanceof DbError && reason.code === 'REF_NOT_FOUND' && branch.value !== 'main') {
      branch.value = 'main';
      return start();
    }
    startError.value = reason;
  }
}

async function openOn(name: string): Promise<Db> {
  const handle = await open(databaseName, { branch: name, auth: headersFor });
  handle.on('status', (status) => {
    if (status === 'lost' || status === 'closed') startError.value = new Error(`The database is ${status}.`);
  });
  handle.on('sync', (progress) => { syncing.value = progress; });
  handle.on('error', (reason) => tellFailure('Something failed in the background', reason));
  return handle;
}

/** Leaves a handle whose branch is gone and goes on from main. */
export async function leaveForMain(): Promise<void> {
  const handle = db.peek();
  db.value = null;
  branch.value = 'main';
  await handle?.close();
  await start();
}

/** The console can switch branches too (`CALL DOLT_CHECKOUT`): the page follows the handle. */
export function followBranch(): void {
  const handle = db.peek();
  if (handle) branch.value = handle.branch;
}

effect(() => {
  const next = new URL(location.href);
  if (branch.value === 'main') next.searchParams.delete('branch');
  else next.searchParams.set('branch', branch.value);
  if (next.href !== location.href) history.replaceState(null, '', next);
});
