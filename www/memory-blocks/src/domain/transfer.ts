// Export and import. The whole, as JSON, comes back as the same bytes of the tables; a folder of markdown and
// Letta's shape carry less, and say so.
import type { SqlValue } from 'prollite';
import { sql } from 'prollite';
import { inOneCommit, type Desk } from './desk';
import { Refusal } from './operations';

const FORMAT = 'memory-blocks';
const TABLES = ['memory_blocks', 'pending_diffs', 'agents', 'approval_rules'] as const;
type Table = (typeof TABLES)[number];

type Exported = { format: typeof FORMAT; version: 1; exportedAt: string; tables: Record<Table, Record<string, SqlValue>[]> };

export async function exportAll({ db, now }: Desk): Promise<string> {
  const tables = {} as Exported['tables'];
  for (const table of TABLES) {
    const { rows } = await db.query<Record<string, SqlValue>>(sql`SELECT * FROM ${sql.id(table)} ORDER BY id`);
    tables[table] = rows;
  }
  const whole: Exported = { format: FORMAT, version: 1, exportedAt: now().toISOString(), tables };
  return `${JSON.stringify(whole, null, 1)}\n`;
}

export interface Imported {
  added: number;
  replaced: number;
  same: number;
  /** Blocks that are here with another text, or whose label another block has. */
  kept: string[];
}

/**
 * Takes an export in, as one commit. A block that is here with another text stays as it is, unless `replace`:
 * an import is no way around review by accident.
 */
export async function importAll(desk: Desk, text: string, { replace = false } = {}): Promise<Imported> {
  const whole = parse(text);
  const imported: Imported = { added: 0, replaced: 0, same: 0, kept: [] };
  const commit = { message: `Import ${whole.tables.memory_blocks.length} blocks`, trailers: { Act: 'import' } };
  try {
    await inOneCommit(desk, commit, async (tx) => {
      Object.assign(imported, { added: 0, replaced: 0, same: 0, kept: [] });
      // Blocks that another one stands for here: what was proposed for them is proposed for it.
      const standIns = new Map<SqlValue, SqlValue>();
      for (const table of TABLES) {
        const name = sql.id(table);
        for (const given of whole.tables[table] ?? []) {
          const row: Record<string, SqlValue> = 'user_id' in given ? { ...given, user_id: desk.userId } : { ...given };
          const standIn = table === 'pending_diffs' ? standIns.get(row.block_id ?? null) : undefined;
          if (standIn !== undefined) row.block_id = standIn;
          const names = Object.keys(row);
          const { rows } = await tx.query<Record<string, SqlValue>>(sql`SELECT * FROM ${name} WHERE id = ${row.id}`);
          const [here] = rows;
          const isBlock = table === 'memory_blocks';
          if (here && names.every((column) => (here[column] ?? null) === (row[column] ?? null))) {
            if (isBlock) imported.same++;
            continue;
          }
          if (!here && isBlock) {
            const { rows: taken } = await tx.query<{ id: string }>('SELECT id FROM memory_blocks WHERE user_id = ? AND label = ?', [desk.userId, row.label ?? null]);
            if (taken[0]) {
              standIns.set(row.id ?? null, taken[0].id);
              imported.kept.push(String(row.label));
              continue;
            }
          }
          if (here && isBlock && !replace) {
            imported.kept.push(String(row.label));
            continue;
          }
          if (here && !isBlock) continue;
          if (here) {
            const cells = names.map((column) => sql`${sql.id(column)} = ${row[column]}`);
            await tx.query(sql`UPDATE ${name} SET ${sql.join(cells)} WHERE id = ${row.id}`);
            imported.replaced++;
          } else {
            const columns = sql.join(names.map((column) => sql.id(column)));
            await tx.query(sql`INSERT INTO ${name} (${columns}) VALUES (${sql.join(names.map((column) => sql`${row[column]}`))})`);
            if (isBlock) imported.added++;
          }
        }
      }
    });
  } catch (error) {
    // All of it was here already.
    if ((error as { code?: string }).code !== 'NOTHING_TO_COMMIT') throw error;
  }
  return imported;
}

function parse(text: string): Exported {
  let whole: Partial<Exported>;
  try {
    whole = JSON.parse(text) as Partial<Exported>;
  } catch {
    throw new Refusal('malformed', 'the file is no JSON');
  }
  if (whole?.format !== FORMAT) throw new Refusal('malformed', 'the file is no export of memory blocks');
  if (whole.version !== 1) throw new Refusal('malformed', `the export is of version ${String(whole.version)}, version 1 can be read`);
  if (!Array.isArray(whole.tables?.memory_blocks)) throw new Refusal('malformed', 'the export holds no blocks');
  return whole as Exported;
}
