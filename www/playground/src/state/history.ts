import { computed, signal } from '@preact/signals';
import type { Commit, Db } from 'prollite';
import { layOut, orderCommits } from '../lib/graph';
import { act } from './action';
import { author } from './author';
import { branches, tags } from './branches';
import { resource } from './resource';
import { view } from './view';

const STEP = 200;

export const everyBranch = signal(true);
export const limit = signal(STEP);
export const selected = signal<string | null>(null);

const commits = resource<Commit[]>([], async (db) => {
  const refs = everyBranch.peek() ? (await db.vc.branches()).map(({ name }) => name) : [db.branch];
  const found = new Map<string, Commit>();
  for (const ref of refs) await readLog(db, ref, found);
  return orderCommits(found.values());
}, () => view.value === 'history');

async function readLog(db: Db, ref: string, found: Map<string, Commit>): Promise<void> {
  for await (const commit of db.vc.log({ ref, limit: limit.peek() })) found.set(commit.hash, commit);
}

export const history = computed(() => layOut(commits.value.value));
export const historyError = commits.error;
export const historyReady = commits.ready;
export const mayHaveMore = computed(() => commits.value.value.length >= limit.value);

export const selectedCommit = computed(() => commits.value.value.find(({ hash }) => hash === selected.value) ?? null);

/** The names that stand at a commit. */
export const namesAt = computed(() => {
  const names = new Map<string, { name: string; kind: 'branch' | 'tag'; current: boolean }[]>();
  const put = (hash: string, name: string, kind: 'branch' | 'tag', current: boolean) => {
    names.set(hash, [...(names.get(hash) ?? []), { name, kind, current }]);
  };
  for (const { hash, name, current } of branches.value.value) put(hash, name, 'branch', current);
  for (const { hash, name } of tags.value.value) put(hash, name, 'tag', false);
  return names;
});

export function showEveryBranch(on: boolean): void {
  everyBranch.value = on;
  void commits.refresh();
}

export function showMore(): void {
  limit.value += STEP;
  void commits.refresh();
}

export function revertCommit(hash: string): Promise<boolean> {
  return act('Reverting', async (db) => {
    const result = await db.vc.revert(hash, { author: author.peek() });
    return result.conflicts > 0 ? 'Reverting met conflicts: decide them under Branches.' : 'Reverted by a new commit.';
  });
}
