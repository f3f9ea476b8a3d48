// Prollite by its public interface, as it comes: durability is strict, the engine in a worker of its own.
import { open as openDatabase } from '/dist/index.js';

export async function open() {
  return on(await openDatabase('bench'));
}

function on(database) {
  const INSERT = 'INSERT INTO t VALUES (?, ?, ?, ?)';
  const list = (sql, parameters) => parameters.map((params) => ({ sql, params }));
  return {
    exec: async (sql) => void (await database.exec(sql)),
    insert: async (rows) => void (await database.batch(list(INSERT, rows))),
    async many(sql, parameters) {
      const results = await database.batch(list(sql, parameters));
      return results.map(({ rows: [row] }) => row && Object.values(row));
    },
    query: async (sql) => (await database.query(sql, [], { rowMode: 'array' })).rows,
    async autocommit(rows) {
      for (const row of rows) await database.query(INSERT, row);
    },
    sent: async (rows) => void (await Promise.all(rows.map((row) => database.query(INSERT, row)))),
    async reopen() {
      await database.close();
      return open();
    },
    close: () => database.close(),
  };
}
