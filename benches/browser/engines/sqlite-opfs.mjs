import { engineOn, load } from './sqlite-wasm.mjs';

export async function open() {
  const sqlite = await load();
  const pool = await sqlite.installOpfsSAHPoolVfs({ name: 'bench' });
  const on = () => {
    const database = new pool.OpfsSAHPoolDb('/bench.db');
    return engineOn(database, () => {
      database.close();
      return on();
    });
  };
  return on();
}
