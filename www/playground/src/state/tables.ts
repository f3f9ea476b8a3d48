import { sql, type Db } from 'prollite';
import { resource } from './resource';

export interface TableInfo {
  name: string;
  rows: number;
  columns: readonly { name: string; type: string }[];
}

export const tables = resource<TableInfo[]>([], async (db) => {
  const { rows } = await db.query<unknown[]>('SHOW TABLES', undefined, { rowMode: 'array' });
  const names = rows.map((row) => String(row[0]));
  const found: TableInfo[] = [];
  for (const name of names) found.push(await describe(db, name));
  return found;
});

async function describe(db: Db, name: string): Promise<TableInfo> {
  const [counted, sample] = [
    await db.query<{ n: number }>(sql`SELECT COUNT(*) AS n FROM ${sql.id(name)}`),
    await db.query(sql`SELECT * FROM ${sql.id(name)} LIMIT 0`),
  ];
  return { name, rows: Number(counted.rows[0]?.n ?? 0), columns: sample.columns };
}
