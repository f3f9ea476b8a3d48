// The app without a network: its own files are kept when it is first visited, and come from here when they cannot come
// from where they are, or not in time. With a network it is always the newest one. The build names the files.
/* global FILES, VERSION */
const NAME = `prollite-app:${self.registration.scope}:`;
const CACHE = NAME + VERSION;
/** A network that has not answered by then is as good as none. */
const PATIENCE_MS = 3_000;

const own = new Set(FILES.map((file) => new URL(file, self.registration.scope).href));
const start = new URL('index.html', self.registration.scope).href;

/** The kept file that a request means; a search and a hash are the app's affair. */
function fileOf(request) {
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  const href = url.href === self.registration.scope ? start : url.href;
  return request.method === 'GET' && own.has(href) ? href : null;
}

async function answer(request, file) {
  const kept = async () => (await caches.open(CACHE)).match(file);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(kept()), PATIENCE_MS);
  });
  try {
    const fresh = fetch(request);
    // Whoever comes first; a kept file that is not there is no answer.
    return (await Promise.race([fresh, late])) ?? (await fresh);
  } catch (error) {
    const response = await kept();
    if (response) return response;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...own])).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const old = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== CACHE);
    await Promise.all(names.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener('fetch', (event) => {
  const file = fileOf(event.request);
  if (file) event.respondWith(answer(event.request, file));
});
