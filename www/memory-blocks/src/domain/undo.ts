// Undoing a commit: a new one that takes back what it changed, cell by cell, and a body's text place by place.
import type { Commit, Row, RowChange, SqlValue, Tx } from 'prollite';
import { sql } from 'prollite';
import { inOneCommit, type Desk } from './desk';
import { Refusal } from './operations';
import { compose, merge3 } from './text';

const TABLES = ['memory_blocks', 'pending_diffs', 'approval_rules', 'agents'] as const;
/** Of these the newest stands; they are no one's words. */
const TIMES = new Set(['updated_at', 'reviewed_at']);

export async function commitNamed({ db }: Desk, hash: string): Promise<Commit> {
  for await (const commit of db.vc.log({ ref: hash, limit: 1 })) return commit;
  throw new Refusal('nothing_to_undo', `there is no commit ${hash}`);
}

/** The commit that decided a proposal last. */
export async function decisionOf(desk: Desk, id: string): Promise<Commit | undefined> {
  const { rows } = await desk.db.query<{ commit_hash: string }>(
    "SELECT commit_hash FROM dolt_log WHERE message LIKE ? AND message NOT LIKE '%Act: propose%' LIMIT 1",
    [`%${id}%`],
  );
  return rows[0] && commitNamed(desk, rows[0].commit_hash);
}

export function canUndo({ trailers, parents }: Commit): boolean {
  return parents.length === 1 && trailers.Act !== undefined && trailers.Act !== 'propose' && trailers.Act !== 'forget';
}

/** Takes one commit back. A place of a text that has changed since is not overwritten: that is refused. */
export async function undo(desk: Desk, hash: string): Promise<void> {
  const commit = await commitNamed(desk, hash);
  if (!canUndo(commit)) throw new Refusal('nothing_to_undo', `"${titleOf(commit)}" cannot be taken back`);
  const changes: [string, RowChange][] = [];
  for (const table of TABLES) {
    for await (const change of desk.db.vc.diff(table, `${hash}~1`, hash)) changes.push([table, change]);
  }
  const { Block, Proposal, Proposals } = commit.trailers;
  const trailers = {
    Act: 'undo',
    Reverts: hash,
    ...(Block ? { Block } : {}),
    ...(Proposal ? { Proposal } : {}),
    ...(Proposals ? { Proposals } : {}),
  };
  await inOneCommit(desk, { message: `Revert "${titleOf(commit)}"`, trailers }, async (tx) => {
    for (const [table, change] of changes) await takeBack(tx, desk, table, change);
  });
}

export function titleOf({ message }: Pick<Commit, 'message'>): string {
  return message.split('\n', 1)[0] ?? '';
}

async function takeBack(tx: Tx, desk: Desk, table: string, { op, key, before, after, columns = [] }: RowChange): Promise<void> {
  const name = sql.id(table);
  const at = key[0] as SqlValue;
  const { rows } = await tx.query<Row>(sql`SELECT * FROM ${name} WHERE id = ${at}`);
  const [now] = rows;
  if (op === 'delete' && before) {
    if (now) throw changedSince();
    const names = Object.keys(before).map((column) => sql.id(column));
    const values = Object.values(before).map((value) => sql`${value}`);
    await tx.query(sql`INSERT INTO ${name} (${sql.join(names)}) VALUES (${sql.join(values)})`);
    return;
  }
  if (!now || !after) throw changedSince();
  if (op === 'insert') {
    const changed = Object.keys(after).some((column) => !TIMES.has(column) && !same(now[column], after[column]));
    if (changed) throw changedSince();
    await tx.query(sql`DELETE FROM ${name} WHERE id = ${at}`);
    return;
  }
  const cells: [string, SqlValue][] = [];
  for (const column of columns) {
    const [was, is, made] = [before?.[column] ?? null, now[column] ?? null, after[column] ?? null];
    if (TIMES.has(column)) cells.push([column, column === 'updated_at' ? desk.now().toISOString() : was]);
    else if (same(is, made)) cells.push([column, was]);
    else if (table === 'memory_blocks' && column === 'body') cells.push([column, await textBack(tx, String(was ?? ''), String(made ?? ''), String(is ?? ''))]);
    else throw changedSince();
  }
  if (cells.length === 0) return;
  await tx.query(sql`UPDATE ${name} SET ${sql.join(cells.map(([column, value]) => sql`${sql.id(column)} = ${value}`))} WHERE id = ${at}`);
}

/** What `made` changed of `was`, taken out of the text as it is. */
async function textBack(tx: Tx, was: string, made: string, is: string): Promise<string> {
  const hunks = await merge3(tx, made, was, is);
  if (hunks.some(({ conflict }) => conflict)) throw changedSince();
  return compose(is, hunks, hunks.map(() => 'proposed'));
}

function changedSince(): Refusal {
  return new Refusal('moved', 'what it changed has been changed again since: restore an older version, or edit the block');
}

function same(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  return (a ?? null) === (b ?? null);
}
