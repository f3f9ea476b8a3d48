import { computed, signal } from '@preact/signals';
import { DbError, clone as cloneInto, type Db, type SqlValue, type SyncOpts } from 'prollite';
import { bytes, count } from '../lib/words';
import { act } from './action';
import { author } from './author';
import { branches } from './branches';
import { resource } from './resource';
import { branch as current, databaseName, followBranch } from './session';
import { syncing } from './sync';
import { tables } from './tables';
import { asking, forgetTokens, headersFor } from './tokens';
import { view } from './view';

/** A branch here, beside the one of the remote that it follows or that has its name. */
export interface BranchPair {
  branch: string;
  there: string;
  /** It follows the remote's: pull and push go there when nothing else is said. */
  follows: boolean;
  /** Commits that are only here. */
  ahead: number;
  /** Commits that are only there, as far as it was fetched. */
  behind: number;
}

export interface RemoteState {
  name: string;
  url: string;
  pairs: BranchPair[];
  /** Branches of the remote, as they were seen last, that nothing here goes with. */
  onlyThere: string[];
  /** Branches here that the remote does not have, as far as it was fetched. */
  onlyHere: string[];
}

export const remotes = resource<RemoteState[]>([], async (db) => {
  const known = await db.remotes.list();
  if (known.length === 0) return [];
  const { rows: local } = await db.query<{ name: string; remote: string | null; branch: string | null }>('SELECT name, remote, branch FROM dolt_branches');
  const { rows: tracked } = await db.query<{ name: string }>('SELECT name FROM dolt_remote_branches');
  const states = known.map(({ name, url }) => {
    const prefix = `remotes/${name}/`;
    const there = tracked.flatMap((one) => (one.name.startsWith(prefix) ? [one.name.slice(prefix.length)] : []));
    const pairs = local.flatMap((one): BranchPair[] => {
      const follows = one.remote === name;
      const other = follows && one.branch ? one.branch : one.name;
      return there.includes(other) ? [{ branch: one.name, there: other, follows, ahead: 0, behind: 0 }] : [];
    });
    const paired = new Set(pairs.map((pair) => pair.there));
    return {
      name, url, pairs,
      onlyThere: there.filter((branch) => !paired.has(branch)),
      onlyHere: local.map((one) => one.name).filter((branch) => !pairs.some((pair) => pair.branch === branch)),
    };
  });
  await measure(db, states);
  return states;
});

/** One question for all pairs. */
async function measure(db: Db, states: readonly RemoteState[]): Promise<void> {
  const pairs = states.flatMap(({ name, pairs: list }) => list.map((pair) => ({ name, pair })));
  if (pairs.length === 0) return;
  const parts = pairs.map((_, index) => `SELECT ${index} AS i, commits_ahead AS ahead, commits_behind AS behind FROM dolt_branch_status(?, ?)`);
  const words: SqlValue[] = pairs.flatMap(({ name, pair }) => [`${name}/${pair.there}`, pair.branch]);
  const { rows } = await db.query<{ i: number; ahead: number; behind: number }>(parts.join(' UNION ALL '), words);
  for (const { i, ahead, behind } of rows) Object.assign(pairs[Number(i)]?.pair ?? {}, { ahead: Number(ahead), behind: Number(behind) });
}

/** Commits of the branch one stands on that wait to be pushed or pulled. */
export const waiting = computed(() => {
  let most = 0;
  for (const { pairs } of remotes.value.value) {
    const pair = pairs.find(({ branch }) => branch === current.value);
    if (pair) most = Math.max(most, pair.ahead + pair.behind);
  }
  return most;
});

/** The remote that refused a push because it has commits which are not here. */
export const refusedBy = signal<string | null>(null);

/** What is on its way to or from a remote, until it has come or was cancelled. */
export const transfer = signal<AbortController | null>(null);

export function cancelTransfer(): void {
  transfer.peek()?.abort();
  asking.peek()?.answer(null);
}

/** Does one thing with a remote, to be watched and cancelled meanwhile. Says what was carried. */
async function carry(name: string, work: (db: Db, options: SyncOpts) => Promise<string>): Promise<boolean> {
  if (transfer.peek()) return false;
  const abort = new AbortController();
  syncing.value = null;
  refusedBy.value = null;
  transfer.value = abort;
  try {
    const done = await act(name, async (db) => {
      try {
        const said = await work(db, { signal: abort.signal });
        return `${said}${carried()}`;
      } catch (reason) {
        if (abort.signal.aborted) return `${name} was cancelled. Nothing here has changed.`;
        if (reason instanceof DbError && reason.code === 'REMOTE_AUTH') forgetTokens();
        throw reason;
      }
    });
    return done && !abort.signal.aborted;
  } finally {
    transfer.value = null;
  }
}

function carried(): string {
  const now = syncing.peek();
  return now && now.chunks > 0 ? ` ${count(now.chunks, 'chunk')}, ${bytes(now.bytesWire)} on the wire.` : '';
}

export function addRemote(name: string, url: string): Promise<boolean> {
  return act('Adding the remote', async (db) => {
    await db.remotes.add(name, url);
    return `${name} is known now. Nothing was sent yet.`;
  });
}

export function moveRemote(name: string, url: string): Promise<boolean> {
  return act('Changing the address', async (db) => {
    await db.remotes.setUrl(name, url);
    return `${name} is at ${url} from now on.`;
  });
}

export function removeRemote(name: string): Promise<boolean> {
  return act('Removing the remote', async (db) => {
    await db.remotes.remove(name);
    return `${name} is forgotten here. What it holds stays there.`;
  });
}

export function fetchFrom(name: string): Promise<boolean> {
  return carry(`Fetching from ${name}`, async (db, options) => {
    await db.remotes.fetch(name, options);
    return `Fetched from ${name}: no branch here has moved.`;
  });
}

async function pull(db: Db, name: string, options: SyncOpts): Promise<{ said: string; conflicts: number }> {
  const result = await db.remotes.pull(name, { ...options, author: author.peek() });
  const here = current.peek();
  if (result.conflicts > 0) {
    view.value = 'branches';
    return { said: `${count(result.conflicts, 'conflict')} between ${here} and ${name}: choose for each below.`, conflicts: result.conflicts };
  }
  if (result.fastForward) return { said: `${here} moved forward to where ${name} has it.`, conflicts: 0 };
  const rows = Object.values(result.stats).reduce((sum, { added, modified, deleted }) => sum + added + modified + deleted, 0);
  return { said: rows > 0 ? `Merged what came from ${name} into ${here}: ${count(rows, 'row')} changed.` : `${here} has everything that ${name} has.`, conflicts: 0 };
}

export function pullFrom(name: string): Promise<boolean> {
  return carry(`Pulling from ${name}`, async (db, options) => (await pull(db, name, options)).said);
}

async function push(db: Db, { name, pairs }: RemoteState, options: SyncOpts, force: boolean): Promise<void> {
  const here = current.peek();
  const followed = pairs.some(({ branch, follows }) => follows && branch === here);
  try {
    await db.remotes.push(name, { ...options, ...(followed ? {} : { branch: here, upstream: true }), ...(force ? { force: 'with-lease' as const } : {}) });
  } catch (reason) {
    if (reason instanceof DbError && reason.code === 'REMOTE_NON_FF') refusedBy.value = name;
    throw reason;
  }
}

export function pushTo(remote: RemoteState, { force = false } = {}): Promise<boolean> {
  return carry(`Pushing to ${remote.name}`, async (db, options) => {
    await push(db, remote, options, force);
    return `${remote.name} has all commits of ${current.peek()}.`;
  });
}

/** The way out of a refused push. A conflict stops it: what a person has to settle is not pushed over. */
export function pullAndPush(remote: RemoteState): Promise<boolean> {
  return carry(`Bringing ${current.peek()} and ${remote.name} together`, async (db, options) => {
    const { said, conflicts } = await pull(db, remote.name, options);
    if (conflicts > 0) return said;
    await push(db, remote, options, false);
    return `${said} ${remote.name} has them both.`;
  });
}

/** Nothing is in this database that a clone would have to spare. */
export const fresh = computed(() => tables.ready.value && branches.ready.value && remotes.ready.value
  && tables.value.value.length === 0 && branches.value.value.length === 1 && remotes.value.value.length === 0);

/** Clones into this database, or into one of another name, which is opened then. */
export async function cloneFrom(url: string, into: string): Promise<boolean> {
  if (into === databaseName) {
    return carry('Cloning', async (db, options) => {
      await db.remotes.clone(url, options);
      followBranch();
      return `Cloned ${url}.`;
    });
  }
  const done = await carry('Cloning', async (_, options) => {
    const made = await cloneInto(url, into, { ...options, auth: headersFor, onProgress: (now) => { syncing.value = now; } });
    await made.close();
    return `Cloned ${url} into ${into}.`;
  });
  if (done) location.assign(`?db=${encodeURIComponent(into)}`);
  return done;
}
