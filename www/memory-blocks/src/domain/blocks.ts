// Blocks: reading, and what the person does to them directly. Each change is one transaction and one version commit.
import type { Tx } from 'prollite';
import { inOneCommit, type Desk, type Queries } from './desk';
import { checkLabel, checkLimit, Refusal } from './operations';
import { hashText } from './text';

export interface BlockSummary {
  id: string;
  label: string;
  title: string;
  description: string;
  updatedAt: string;
  /** Unicode code points. */
  length: number;
  limit: number;
  readOnly: boolean;
}

export interface Block extends BlockSummary {
  body: string;
  /** Of the body. */
  hash: string;
}

interface BlockRow {
  id: string;
  label: string;
  title: string | null;
  description: string | null;
  updated_at: string | null;
  length: number;
  char_limit: number;
  read_only: boolean | number;
  body?: string | null;
}

const COLUMNS = 'id, label, title, description, updated_at, CHAR_LENGTH(body) AS length, char_limit, read_only';

function summary(row: BlockRow): BlockSummary {
  return {
    id: row.id,
    label: row.label,
    title: row.title ?? row.label,
    description: row.description ?? '',
    updatedAt: row.updated_at ?? '',
    length: Number(row.length ?? 0),
    limit: Number(row.char_limit),
    readOnly: Boolean(row.read_only),
  };
}

export async function listBlocks({ db, userId }: Desk): Promise<BlockSummary[]> {
  const { rows } = await db.query<BlockRow>(`SELECT ${COLUMNS} FROM memory_blocks WHERE user_id = ? ORDER BY label`, [userId]);
  return rows.map(summary);
}

export async function findBlock(queries: Queries, id: string): Promise<Block | undefined> {
  const { rows } = await queries.query<BlockRow>(`SELECT ${COLUMNS}, body FROM memory_blocks WHERE id = ?`, [id]);
  const [row] = rows;
  if (!row) return undefined;
  const body = row.body ?? '';
  return { ...summary(row), body, hash: await hashText(body) };
}

export async function findByLabel(queries: Queries, userId: string, label: string): Promise<Block | undefined> {
  const { rows } = await queries.query<{ id: string }>('SELECT id FROM memory_blocks WHERE user_id = ? AND label = ?', [userId, label]);
  return rows[0] && findBlock(queries, rows[0].id);
}

export async function needBlock(queries: Queries, id: string): Promise<Block> {
  const block = await findBlock(queries, id);
  if (!block) throw new Refusal('unknown_block', 'this block does not exist any more');
  return block;
}

function checkWritable(block: Block): void {
  if (block.readOnly) throw new Refusal('read_only', `the block ${block.label} is read-only`);
}

/** Writes a body, in a transaction that somebody else commits. */
export async function writeBody(tx: Queries, desk: Desk, block: Block, body: string): Promise<void> {
  checkWritable(block);
  checkLimit(body, block.limit);
  await tx.query('UPDATE memory_blocks SET body = ?, updated_at = ? WHERE id = ?', [body, desk.now().toISOString(), block.id]);
}

export interface NewBlock {
  label: string;
  title?: string;
  description?: string;
  body?: string;
  limit?: number;
  schemaRef?: string;
}

/** Makes a block, in a transaction that somebody else commits; answers its id. */
export async function insertBlock(tx: Queries, desk: Desk, { label, title, description, body = '', limit = 5000, schemaRef }: NewBlock): Promise<string> {
  checkLabel(label);
  checkLimit(body, limit);
  if (await findByLabel(tx, desk.userId, label)) throw new Refusal('label_taken', `there is a block ${label} already`);
  const id = crypto.randomUUID();
  await tx.query(
    `INSERT INTO memory_blocks (id, user_id, label, schema_ref, title, description, body, char_limit, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, desk.userId, label, schemaRef ?? null, title ?? null, description ?? null, body, limit, desk.now().toISOString()],
  );
  return id;
}

export async function createBlock(desk: Desk, block: NewBlock): Promise<string> {
  return inOneCommit(desk, { message: `Create ${block.label}`, trailers: { Act: 'create', Block: block.label } }, (tx) => insertBlock(tx, desk, block));
}

/** The person's own words. `seen` is the hash of the body that the person began with: what changed since is not lost. */
export async function saveBody(desk: Desk, id: string, body: string, seen: string): Promise<void> {
  const { label } = await needBlock(desk.db, id);
  await inOneCommit(desk, { message: `Edit ${label}`, trailers: { Act: 'edit', Block: label } }, async (tx) => {
    const block = await needBlock(tx, id);
    if (block.hash !== seen) throw new Refusal('moved', `the block ${block.label} has changed since you began to edit it`);
    if (block.body === body) throw new Refusal('no_change', 'nothing has changed');
    await writeBody(tx, desk, block, body);
  });
}

export interface BlockSettings {
  title?: string;
  description?: string;
  label?: string;
  limit?: number;
  readOnly?: boolean;
}

export async function changeSettings(desk: Desk, id: string, changed: BlockSettings): Promise<void> {
  const { label } = await needBlock(desk.db, id);
  const what = Object.keys(changed).join(', ');
  await inOneCommit(desk, { message: `Settings of ${label}: ${what}`, trailers: { Act: 'settings', Block: label } }, async (tx) => {
    const block = await needBlock(tx, id);
    await renameIn(tx, desk, block, changed.label ?? block.label);
    const limit = changed.limit ?? block.limit;
    if (!Number.isInteger(limit) || limit < 1) throw new Refusal('malformed', 'a limit is a whole number above 0');
    checkLimit(block.body, limit);
    const readOnly = changed.readOnly ?? block.readOnly;
    await tx.query(
      'UPDATE memory_blocks SET title = ?, description = ?, char_limit = ?, read_only = ?, sealed = ?, updated_at = ? WHERE id = ?',
      [changed.title ?? block.title, changed.description ?? block.description, limit, readOnly, readOnly ? block.body : null, desk.now().toISOString(), id],
    );
  });
}

/** Its proposals follow: they name the block by its id, the label is what people read. */
export async function renameIn(tx: Queries, desk: Desk, block: Block, label: string): Promise<void> {
  if (label === block.label) return;
  checkLabel(label);
  if (await findByLabel(tx, desk.userId, label)) throw new Refusal('label_taken', `there is a block ${label} already`);
  await tx.query('UPDATE memory_blocks SET label = ?, updated_at = ? WHERE id = ?', [label, desk.now().toISOString(), block.id]);
  await tx.query("UPDATE pending_diffs SET block_label = ? WHERE block_id = ? AND status = 'pending'", [label, block.id]);
}

export async function deleteIn(tx: Tx | Queries, block: Block): Promise<void> {
  checkWritable(block);
  await tx.query('DELETE FROM memory_blocks WHERE id = ?', [block.id]);
}

export async function deleteBlock(desk: Desk, id: string): Promise<void> {
  const { label } = await needBlock(desk.db, id);
  await inOneCommit(desk, { message: `Delete ${label}`, trailers: { Act: 'delete', Block: label } }, async (tx) => deleteIn(tx, await needBlock(tx, id)));
}
