// wa-sqlite on IndexedDB, by its batch-atomic VFS and as it comes (durability as the browser's default).
import Module from '/peers/wa-sqlite/dist/wa-sqlite-async.mjs';
import { IDBBatchAtomicVFS } from '/peers/wa-sqlite/src/examples/IDBBatchAtomicVFS.js';
import * as SQLite from '/peers/wa-sqlite/src/sqlite-api.js';

export async function open() {
  const sqlite = SQLite.Factory(await Module());
  sqlite.vfs_register(new IDBBatchAtomicVFS('bench'), true);
  return on(sqlite, await sqlite.open_v2('bench.db'));
}

async function on(sqlite, database) {
  const each = async (sql, parameters) => {
    const found = [];
    for await (const statement of sqlite.statements(database, sql)) {
      for (const values of parameters) {
        sqlite.bind_collection(statement, values);
        found.push((await sqlite.step(statement)) === SQLite.SQLITE_ROW ? sqlite.row(statement) : undefined);
        await sqlite.reset(statement);
      }
    }
    return found;
  };
  const transaction = async (work) => {
    await sqlite.exec(database, 'BEGIN');
    const answer = await work();
    await sqlite.exec(database, 'COMMIT');
    return answer;
  };
  const insert = (rows) => each('INSERT INTO t VALUES (?, ?, ?, ?)', rows);
  return {
    exec: async (sql) => void (await sqlite.exec(database, sql)),
    insert: async (rows) => void (await transaction(() => insert(rows))),
    many: (sql, parameters) => (/^SELECT/i.test(sql) ? each(sql, parameters) : transaction(() => each(sql, parameters))),
    async query(sql) {
      const rows = [];
      await sqlite.exec(database, sql, (row) => void rows.push([...row]));
      return rows;
    },
    autocommit: async (rows) => void (await insert(rows)),
    async reopen() {
      await sqlite.close(database);
      return on(sqlite, await sqlite.open_v2('bench.db'));
    },
    close: () => sqlite.close(database),
  };
}
