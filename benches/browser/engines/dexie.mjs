// Dexie has no SQL: it answers what its keys and filters can.
import { Dexie } from '/peers/dexie/dist/modern/dexie.mjs';

export async function open() {
  const connect = async () => {
    const database = new Dexie('bench');
    database.version(1).stores({ t: 'id' });
    await database.open();
    return database;
  };
  return on(await connect(), connect);
}

function on(database, connect) {
  const record = ([id, k, c, pad]) => ({ id, k, c, pad });
  return {
    insert: async (rows) => void (await database.t.bulkAdd(rows.map(record))),
    async many(sql, parameters) {
      if (sql !== 'SELECT k FROM t WHERE id = ?') throw new Error('Dexie has no SQL');
      const found = [];
      await database.transaction('r', database.t, async () => {
        for (const [id] of parameters) found.push([(await database.t.get(id)).k]);
      });
      return found;
    },
    async query(sql) {
      if (sql === 'SELECT COUNT(*) FROM t') return [[await database.t.count()]];
      if (sql === 'SELECT id, k, c, pad FROM t') return database.t.toArray();
      if (sql === 'SELECT k FROM t WHERE id = 777') return [[(await database.t.get(777)).k]];
      throw new Error('Dexie has no SQL');
    },
    async autocommit(rows) {
      for (const row of rows) await database.t.add(record(row));
    },
    async reopen() {
      database.close();
      return on(await connect(), connect);
    },
    close: () => database.close(),
  };
}
