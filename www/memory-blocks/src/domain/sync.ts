// What comes from another device: looked at first, taken in by a merge, and what both have decided put to the person.
import { DbError, type Conflict, type Row } from 'prollite';
import { listBlocks, needBlock } from './blocks';
import type { Desk } from './desk';
import { proposeTexts } from './letta';
import { Refusal, type OperationName } from './operations';
import { sentence } from './proposals';
import { codePoints, compose, merge3, type Choice, type Hunk } from './text';
import { exportAll, importAll } from './transfer';

export interface IncomingBlock {
  label: string;
  change: 'new' | 'changed' | 'deleted';
  /** Its text where both last agreed, and there. */
  before: string;
  after: string;
  /** What the person should know before it comes in. */
  warnings: string[];
}

export interface Incoming {
  ref: string;
  /** Commits that are there and not here. */
  commits: number;
  blocks: IncomingBlock[];
  /** Proposals that are new or were decided there. */
  proposals: number;
}

/** `missing`: there is no such ref. `apart`: both were begun without each other, and no merge can join them. */
export async function relation({ db }: Desk, ref: string): Promise<'missing' | 'apart' | 'related'> {
  try {
    await db.query('SELECT dolt_hashof(?)', [ref]);
  } catch (error) {
    if (error instanceof DbError && error.code === 'REF_NOT_FOUND') return 'missing';
    throw error;
  }
  try {
    await db.query("SELECT dolt_merge_base('HEAD', ?)", [ref]);
    return 'related';
  } catch (error) {
    if (error instanceof DbError && error.code === 'REF_NOT_FOUND') return 'apart';
    throw error;
  }
}

export interface Adopted {
  /** How many blocks came. */
  came: number;
  /** Of this device's own blocks: those that stand beside the others now, and those whose text waits for review. */
  added: number;
  proposed: string[];
  /** Where the state before is kept; a device without blocks had none worth keeping. */
  keptAs?: string;
}

/**
 * Goes on from another device's blocks. What this one had is put on top of them: a block that is not there is added,
 * and a text that differs becomes a proposal.
 */
export async function adopt(desk: Desk, ref: string): Promise<Adopted> {
  const { db } = desk;
  const own = await Promise.all((await listBlocks(desk)).map(({ id }) => needBlock(db, id)));
  const whole = own.length > 0 ? await exportAll(desk) : undefined;
  const keptAs = whole && `before-sync-${desk.now().toISOString().slice(0, 19).replace(/\D/g, '')}`;
  if (keptAs) await db.vc.branch(keptAs);
  await db.vc.reset({ hard: true, to: ref });
  const came = (await listBlocks(desk)).length;
  if (!whole || !keptAs) return { came, added: 0, proposed: [] };
  const { added, kept } = await importAll(desk, whole);
  const texts = own.filter(({ label }) => kept.includes(label));
  const { proposed } = await proposeTexts(desk, 'this-device', 'This text stood on this device before both came together.', texts);
  return { came, added, proposed, keptAs };
}

/** What a ref would bring, seen from where both last agreed. Nothing is changed. */
export async function incoming({ db }: Desk, ref: string): Promise<Incoming> {
  const { rows } = await db.query<{ n: number }>('SELECT COUNT(*) AS n FROM dolt_log(?)', [`HEAD..${ref}`]);
  const found: Incoming = { ref, commits: Number(rows[0]?.n ?? 0), blocks: [], proposals: 0 };
  if (found.commits === 0) return found;
  for await (const { op, before, after } of db.vc.diff('memory_blocks', 'HEAD', ref, { base: 'merge-base' })) {
    const label = String(after?.label ?? before?.label ?? '');
    const warnings: string[] = [];
    if (before?.read_only && before.body !== after?.body) warnings.push('it is read-only here');
    if (after && codePoints(String(after.body ?? '')) > Number(after.char_limit)) warnings.push('it is over its limit');
    found.blocks.push({ label, change: op === 'insert' ? 'new' : op === 'delete' ? 'deleted' : 'changed', before: String(before?.body ?? ''), after: String(after?.body ?? ''), warnings });
  }
  for await (const _ of db.vc.diff('pending_diffs', 'HEAD', ref, { base: 'merge-base' })) found.proposals++;
  return found;
}

/** A block that both changed at the same place, a proposal that both decided, or a row that one side removed. */
export interface Clash {
  id: string;
  kind: 'text' | 'decision' | 'other';
  what: string;
  mine?: Row;
  theirs?: Row;
  /** Of a text: the places of mine that theirs would change. */
  hunks: Hunk[];
}

export type TakenIn = { state: 'nothing' } | { state: 'merged'; commit: string } | { state: 'clashes'; clashes: Clash[] };

/**
 * Merges a ref. Texts merge line by line, times take the newer; what is left are clashes, and they wait, over a reload
 * as well, until the person has settled each, or leaves the merge.
 */
export async function takeIn(desk: Desk, ref: string): Promise<TakenIn> {
  const result = await desk.db.vc.merge(ref, { message: `Sync with ${ref}\n\nAct: sync`, author: desk.person });
  if (result.conflicts > 0) return { state: 'clashes', clashes: await clashes(desk) };
  return result.hash ? { state: 'merged', commit: result.hash } : { state: 'nothing' };
}

export async function clashes({ db }: Desk): Promise<Clash[]> {
  return Promise.all((await db.vc.conflicts()).map((conflict) => clashOf(db, conflict)));
}

async function clashOf(db: Desk['db'], { id, table, base, ours, theirs, columns }: Conflict): Promise<Clash> {
  const row = ours ?? theirs ?? base ?? {};
  const sides = { ...(ours ? { mine: ours } : {}), ...(theirs ? { theirs } : {}) };
  if (table === 'memory_blocks' && ours && theirs && columns.includes('body')) {
    const hunks = await merge3(db, String(base?.body ?? ''), String(theirs.body ?? ''), String(ours.body ?? ''));
    return { id, kind: 'text', what: `both changed ${String(row.label)}`, hunks, ...sides };
  }
  if (table === 'pending_diffs' && columns.includes('status')) {
    const what = `decided twice: ${sentence({ operation: row.operation as OperationName, label: String(row.block_label) })}, ${String(ours?.status)} here, ${String(theirs?.status)} there`;
    return { id, kind: 'decision', what, hunks: [], ...sides };
  }
  const what = !ours ? 'removed here and changed there' : !theirs ? 'changed here and removed there' : `both changed ${columns.join(', ')}`;
  return { id, kind: 'other', what: `${String(row.label ?? row.block_label ?? row.id ?? table)}: ${what}`, hunks: [], ...sides };
}

/** Settles a clash by one side, or, of a text, by choices for each place. */
export async function settle({ db }: Desk, clash: Clash, pick: 'mine' | 'theirs' | { choices: readonly (Choice | undefined)[] }): Promise<void> {
  if (pick === 'mine' || pick === 'theirs') return db.vc.resolve(clash.id, pick === 'mine' ? 'ours' : 'theirs');
  if (clash.kind !== 'text' || !clash.mine) throw new Refusal('malformed', 'only a text has places to choose');
  if (clash.hunks.some(({ conflict }, at) => conflict && pick.choices[at] === undefined)) throw new Refusal('conflict', 'each place that both have changed waits for your choice');
  const body = compose(String(clash.mine.body ?? ''), clash.hunks, pick.choices);
  await db.vc.resolve(clash.id, { row: { ...clash.mine, body } });
}

export async function finishSync(desk: Desk): Promise<string> {
  const { hash } = await desk.db.vc.continue({ message: 'Sync\n\nAct: sync', author: desk.person });
  return hash;
}

/** The state before the merge, as it was. */
export async function leaveSync({ db }: Desk): Promise<void> {
  await db.vc.abort();
}
