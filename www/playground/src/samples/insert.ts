import type { Db, SqlValue } from 'prollite';

const ROWS = 100;

/** Creates a table and fills it, in one transaction and one message: `?` lists of a hundred rows a statement. */
export async function createAndFill(db: Db, create: string, table: string, rows: readonly (readonly SqlValue[])[]): Promise<void> {
  const statements: { sql: string; params?: SqlValue[] }[] = [{ sql: create }];
  for (let from = 0; from < rows.length; from += ROWS) {
    const some = rows.slice(from, from + ROWS);
    const values = some.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
    statements.push({ sql: `INSERT INTO ${table} VALUES ${values}`, params: some.flat() });
  }
  await db.batch(statements);
}

export async function fetchText(path: string): Promise<string> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`The sample ${path} did not come: ${response.status} ${response.statusText}.`);
  return response.text();
}
