// @sqlite.org/sqlite-wasm: in memory, and on OPFS by its pool of access handles (which needs no special headers).
import initialise from '/peers/@sqlite.org/sqlite-wasm/dist/index.mjs';

export function engineOn(database, reopen) {
  return {
    exec: (sql) => void database.exec(sql),
    insert(rows) {
      database.transaction(() => each('INSERT INTO t VALUES (?, ?, ?, ?)', rows));
    },
    many: (sql, parameters) => (/^SELECT/i.test(sql) ? each(sql, parameters) : database.transaction(() => each(sql, parameters))),
    query: (sql) => database.exec({ sql, rowMode: 'array', returnValue: 'resultRows' }),
    autocommit: (rows) => void each('INSERT INTO t VALUES (?, ?, ?, ?)', rows),
    reopen,
    close: () => database.close(),
  };

  function each(sql, parameters) {
    const statement = database.prepare(sql);
    try {
      return parameters.map((values) => {
        statement.bind(values);
        const row = statement.step() ? statement.get([]) : undefined;
        statement.reset();
        return row;
      });
    } finally {
      statement.finalize();
    }
  }
}

export const load = () => initialise({ print: () => undefined, printErr: () => undefined });
