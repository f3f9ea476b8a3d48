import { signal } from '@preact/signals';
import { sql, type Commit, type Db, type Reader, type Ref } from 'prollite';
import { resource } from './resource';
import { view, wide } from './view';

export interface TableInfo {
  name: string;
  rows: number;
  columns: readonly { name: string; type: string }[];
}

/** The tables as they are now. */
export const tables = resource<TableInfo[]>([], list);

/** The version whose tables are shown; null for now. */
export const asOf = signal<{ ref: Ref; title: string } | null>(null);

/** The tables as they were then. */
export const pastTables = resource<TableInfo[]>([], async (db) => {
  const then = asOf.peek();
  return then ? list(await readerAt(db, then.ref)) : [];
}, () => asOf.value !== null);

const readers = new WeakMap<Db, Map<string, Reader>>();

/** One reader a commit: each is a session of its own. */
async function readerAt(db: Db, ref: Ref): Promise<Reader> {
  const { rows: [row] } = await db.query<{ hash: string }>('SELECT dolt_hashof(?) AS hash', [ref]);
  const hash = row?.hash ?? ref;
  const known = readers.get(db) ?? new Map<string, Reader>();
  readers.set(db, known);
  const reader = known.get(hash) ?? db.at(hash);
  known.set(hash, reader);
  return reader;
}

/** Commits of this branch that one may want to go back to. */
export const versions = resource<Commit[]>([], async (db) => {
  const found: Commit[] = [];
  for await (const commit of db.vc.log({ limit: 50 })) found.push(commit);
  return found;
});

export function showAsOf(ref: Ref | null, title = ref ?? ''): void {
  asOf.value = ref === null ? null : { ref, title };
  void pastTables.refresh();
}

/** From a commit to its tables, wherever they stand on this screen. */
export function goToTables(ref: Ref, title: string): void {
  showAsOf(ref, title);
  if (!wide.peek()) view.value = 'tables';
}

async function list(reader: Reader): Promise<TableInfo[]> {
  const { rows } = await reader.query<unknown[]>('SHOW TABLES', undefined, { rowMode: 'array' });
  const names = rows.map((row) => String(row[0]));
  const found: TableInfo[] = [];
  for (const name of names) found.push(await describe(reader, name));
  return found;
}

async function describe(reader: Reader, name: string): Promise<TableInfo> {
  const [counted, sample] = [
    await reader.query<{ n: number }>(sql`SELECT COUNT(*) AS n FROM ${sql.id(name)}`),
    await reader.query(sql`SELECT * FROM ${sql.id(name)} LIMIT 0`),
  ];
  return { name, rows: Number(counted.rows[0]?.n ?? 0), columns: sample.columns };
}
