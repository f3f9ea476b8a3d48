import { sql, type Db, type Ref, type Row, type RowChange } from 'prollite';

export interface TableDiff {
  rows: RowChange<Row>[];
  /** There are more rows than were asked for. */
  more: boolean;
  columns: string[];
  counts: { added: number; modified: number; removed: number };
  schema: SchemaChange | null;
}

export interface SchemaChange {
  before: string;
  after: string;
}

/** The changes of one table between two versions, at most `limit` rows of them. */
export async function readDiff(db: Db, table: string, from: Ref, to: Ref, limit: number): Promise<TableDiff> {
  const rows: RowChange<Row>[] = [];
  let more = false;
  for await (const change of db.vc.diff(table, from, to)) {
    more = rows.length >= limit;
    if (more) break;
    rows.push(change);
  }
  return { rows, more, columns: columnsOf(rows), counts: await readCounts(db, table, from, to), schema: await readSchemaChange(db, table, from, to) };
}

/** As many columns from the left as the key has, then those that updates changed, then the others. */
function columnsOf(rows: readonly RowChange<Row>[]): string[] {
  const all = new Set<string>();
  const changed = new Set<string>();
  for (const { before, after, columns = [] } of rows) {
    for (const name of [...Object.keys(after ?? {}), ...Object.keys(before ?? {})]) all.add(name);
    for (const name of columns) changed.add(name);
  }
  const keys = [...all].slice(0, rows[0]?.key.length ?? 0);
  return [...new Set([...keys, ...[...all].filter((name) => changed.has(name)), ...all])];
}

async function readCounts(db: Db, table: string, from: Ref, to: Ref): Promise<TableDiff['counts']> {
  const { rows } = await db.query<{ rows_added: number; rows_modified: number; rows_deleted: number }>(
    sql`SELECT rows_added, rows_modified, rows_deleted FROM dolt_diff_stat(${from}, ${to}, ${table})`,
  );
  const [row] = rows;
  return { added: Number(row?.rows_added ?? 0), modified: Number(row?.rows_modified ?? 0), removed: Number(row?.rows_deleted ?? 0) };
}

async function readSchemaChange(db: Db, table: string, from: Ref, to: Ref): Promise<SchemaChange | null> {
  const { rows } = await db.query<{ from_create_stmt: string | null; to_create_stmt: string | null }>(
    sql`SELECT from_create_stmt, to_create_stmt FROM dolt_schema_diff(${from}, ${to}, ${table})`,
  );
  const [row] = rows;
  if (!row) return null;
  const before = row.from_create_stmt ?? '';
  const after = row.to_create_stmt ?? '';
  return before === after ? null : { before, after };
}

/** The tables that a commit changed, compared with its first parent. */
export async function changedTables(db: Db, commit: string): Promise<{ table: string; change: string }[]> {
  const { rows } = await db.query<{ table_name: string; data_change: unknown; schema_change: unknown }>(
    sql`SELECT table_name, data_change, schema_change FROM dolt_diff WHERE commit_hash = ${commit} ORDER BY table_name`,
  );
  return rows.map((row) => {
    const parts = [Number(row.schema_change) ? 'definition' : '', Number(row.data_change) ? 'rows' : ''];
    return { table: row.table_name, change: parts.filter(Boolean).join(' and ') };
  });
}
