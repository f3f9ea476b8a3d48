// Which databases this origin has had, kept where IndexedDB's end does not reach: a folder of the origin's private file
// system for each, and a key of localStorage where there is one. A database that is marked and not there was lost; it
// must not be made anew as if it had never been.
const FOLDER = 'prollite';
/** The private file system is asked no longer than this. */
const PATIENCE_MS = 2_000;

const keyOf = (name: string) => `prollite/${name}`;

// ---- localStorage: the page alone has it, and it survives eviction ----

export function isMarkedHere(name: string): boolean {
  try {
    return globalThis.localStorage?.getItem(keyOf(name)) != null;
  } catch {
    return false; // A policy forbids it.
  }
}

export function markHere(name: string) {
  try {
    if (!isMarkedHere(name)) globalThis.localStorage?.setItem(keyOf(name), '1');
  } catch {
    // Full, or forbidden: the other mark is left.
  }
}

function unmarkHere(name: string) {
  try {
    globalThis.localStorage?.removeItem(keyOf(name));
  } catch {
    // Forbidden, so never written.
  }
}

// ---- the private file system: workers have it too ----

async function folder(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
  const root = await globalThis.navigator?.storage?.getDirectory?.();
  return root?.getDirectoryHandle(FOLDER, { create });
}

/** Names of databases may be longer than names of files, and hold anything. */
async function entryOf(name: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function patiently<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined; // Not found, or not to be had here.
  } finally {
    clearTimeout(timer);
  }
}

export async function isMarked(name: string): Promise<boolean> {
  const found = patiently(folder(false).then(async (dir) => dir?.getDirectoryHandle(await entryOf(name))));
  return (await found) !== undefined;
}

export async function mark(name: string): Promise<void> {
  await patiently(folder(true).then(async (dir) => dir?.getDirectoryHandle(await entryOf(name), { create: true })));
}

/** Forgets the database: it was removed on purpose. */
export async function unmark(name: string): Promise<void> {
  unmarkHere(name);
  await patiently(folder(false).then(async (dir) => dir?.removeEntry(await entryOf(name), { recursive: true })));
}
