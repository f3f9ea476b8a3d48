import type { Conflict, Row } from 'prollite';
import { count } from '../lib/words';
import { act } from './action';
import { author } from './author';
import { resource } from './resource';

export interface MergeState {
  merging: boolean;
  source: string;
  target: string;
  conflicts: Conflict[];
  /** Tables that more than row conflicts keep from being committed: schemas or constraints that clash. */
  blocked: string[];
}

const NONE: MergeState = { merging: false, source: '', target: '', conflicts: [], blocked: [] };

/** A merge that waits for decisions. It is part of the branch's working set: a reload and another tab find it. */
export const merge = resource<MergeState>(NONE, async (db) => {
  const { rows } = await db.query<{ is_merging: unknown; source: string | null; target: string | null; unmerged_tables: string | null }>(
    'SELECT is_merging, source, target, unmerged_tables FROM dolt_merge_status',
  );
  const [status] = rows;
  if (!status || !Number(status.is_merging)) return NONE;
  const conflicts = await db.vc.conflicts();
  const unmerged = (status.unmerged_tables ?? '').split(', ').filter(Boolean);
  const blocked = unmerged.filter((table) => !conflicts.some((conflict) => conflict.table === table));
  return { merging: true, source: status.source ?? '', target: status.target ?? '', conflicts, blocked };
});

export function resolve(ids: readonly string[], pick: 'ours' | 'theirs' | 'base'): Promise<boolean> {
  return act('Resolving', async (db) => {
    for (const id of ids) await db.vc.resolve(id, pick);
    return `${count(ids.length, 'conflict')} resolved.`;
  });
}

/** By a row put together of both, or written by hand. */
export function resolveBy(id: string, row: Row): Promise<boolean> {
  return act('Resolving', async (db) => {
    await db.vc.resolve(id, { row });
    return '1 conflict resolved.';
  });
}

export function finishMerge(message: string): Promise<boolean> {
  return act('Finishing the merge', async (db) => {
    await db.vc.continue({ message, author: author.peek() });
    return 'The merge is committed.';
  });
}

export function abortMerge(): Promise<boolean> {
  return act('Aborting the merge', async (db) => {
    await db.vc.abort();
    return 'The merge is undone: everything is as it was before it.';
  });
}
