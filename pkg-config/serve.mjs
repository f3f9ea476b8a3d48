// A static file server: folders under URL prefixes. It sends no COOP or COEP headers unless told, as a static host would.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { startRemote } from './server.mjs';
import { Stop, at, say } from './steps.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

export const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * `routes`: {URL prefix: folder}, or {URL: () => {type, body, status, headers}} for what is made on the fly.
 * The longest prefix wins. `headers` are added to every answer. Answers {url, port, close}.
 */
export function serve({ routes, port = 0, host = '127.0.0.1', headers = {} }) {
  const ordered = Object.entries(routes).sort(([a], [b]) => b.length - a.length);
  const server = createServer((request, response) => {
    const path = decodePath(request.url ?? '/');
    const route = path === undefined ? undefined : ordered.find(([prefix]) => path.startsWith(prefix));
    if (!route) return answer(response, 404, { 'content-type': 'text/plain' }, 'not found');
    const [prefix, target] = route;
    if (typeof target === 'function') {
      const { type = 'text/html; charset=utf-8', body = '', status = 200, headers: own = {} } = target(request);
      return answer(response, status, { 'content-type': type, ...headers, ...own }, body);
    }
    let file = join(target, normalize(`/${path.slice(prefix.length)}`));
    let stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      if (!path.endsWith('/')) return answer(response, 301, { location: `${path}/` }, '');
      file = join(file, 'index.html');
      stats = statSync(file, { throwIfNoEntry: false });
    }
    if (!stats) return answer(response, 404, { 'content-type': 'text/plain', ...headers }, 'not found');
    const etag = `"${stats.size.toString(36)}-${Math.floor(stats.mtimeMs).toString(36)}"`;
    const all = {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
      etag,
      ...headers,
    };
    if (request.headers['if-none-match'] === etag) return answer(response, 304, all, '');
    response.writeHead(200, { ...all, 'content-length': stats.size });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const bound = server.address().port;
      resolve({
        port: bound,
        url: `http://localhost:${bound}`,
        close: () => new Promise((done) => {
          server.close(done);
          server.closeAllConnections();
        }),
      });
    });
  });
}

function answer(response, status, headers, body) {
  response.writeHead(status, headers);
  response.end(body);
}

function decodePath(url) {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return undefined;
  }
}

/** `npm start`: the playground, every other app under its name, and a remote for all of them. */
export async function start({ names, port = Number(process.env.PORT ?? 5173) }) {
  if (names.length === 0) throw new Stop('there is no app in www/.');
  const first = names.includes('playground') ? 'playground' : names[0];
  const routes = { '/': at('www', first, 'dist') };
  for (const name of names) routes[`/${name}/`] = at('www', name, 'dist');
  let server;
  for (let attempt = port; !server; attempt++) {
    server = await serve({ routes, port: attempt }).catch((error) => {
      if (error.code !== 'EADDRINUSE' || attempt >= port + 20) throw new Stop(`port ${attempt}: ${error.message}`);
    });
  }
  for (const name of names) say(`${name}: ${server.url}/${name === first ? '' : `${name}/`}`);
  const remote = await startRemote({ data: at('.data'), listen: process.env.REMOTE ?? '127.0.0.1:8765' });
  say(`remote: ${remote.url}/⟨database⟩, kept in .data; its log: PROLLITE_LOG`);
  remote.child.stderr.pipe(process.stderr);
  say('press Ctrl+C to stop');
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await Promise.all([server.close(), remote.stop()]);
}
