// The least that any engine on IndexedDB does for a durable commit: read a record, put a small pack and the record.
const PACK = 3_000;

export async function open() {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('bare', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('packs');
      request.result.createObjectStore('refs');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let next = 0;
  const commit = () =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(['packs', 'refs'], 'readwrite', { durability: 'strict' });
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      const refs = transaction.objectStore('refs');
      refs.get('main').onsuccess = () => {
        transaction.objectStore('packs').put(new Uint8Array(PACK), next++);
        refs.put(new Uint8Array(64), 'main');
        transaction.commit();
      };
    });
  return {
    async autocommit(rows) {
      for (let index = 0; index < rows.length; index++) await commit();
    },
    close: () => database.close(),
  };
}
