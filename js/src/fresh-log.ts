// Chromium keeps an origin's IndexedDB in LevelDB. A browser that is killed while it writes leaves a torn record at the
// end of LevelDB's log; the next browser reads up to there, and appends to the same log; the one after that meets the
// torn record in the middle, calls it corruption and deletes every database of the origin. Deleting any database makes
// LevelDB begin a new log, and drop the old one, within milliseconds: so that is done before anything else is written.
const SCRATCH = 'prollite-scratch';
const PATIENCE_MS = 2_000;

const isChromium = () =>
  typeof navigator !== 'undefined' && ('userAgentData' in navigator || /Chrom(e|ium)\//.test(navigator.userAgent));

export async function beginFreshLog(): Promise<void> {
  if (typeof indexedDB === 'undefined' || !isChromium()) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  // What goes wrong here shows when the database itself is opened.
  await Promise.race([makeAndDelete().catch(() => undefined), late]);
  clearTimeout(timer);
}

function makeAndDelete(): Promise<void> {
  return new Promise((resolve, reject) => {
    const making = indexedDB.open(SCRATCH, 1);
    making.onerror = () => reject(making.error);
    making.onsuccess = () => {
      making.result.close();
      const deleting = indexedDB.deleteDatabase(SCRATCH);
      deleting.onerror = () => reject(deleting.error);
      deleting.onsuccess = () => resolve();
    };
  });
}
