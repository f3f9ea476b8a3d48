// What every browser test stands on: a static server without special headers, Chromium, and a blank page
// that can `import('/dist/index.js')`. Servers and browsers close when the test file ends.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { ISOLATED, serve } from '../../pkg-config/serve.mjs';
import { findChromium } from '../../pkg-config/setup.mjs';
import { at } from '../../pkg-config/steps.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const BLANK = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title></head><body></body></html>';

const open = new Set();
after(async () => {
  for (const close of [...open].reverse()) await close().catch(() => undefined);
});

/** Registers something to be closed at the end; answers a function that closes it now, once. */
function closing(close) {
  const one = async () => {
    if (open.delete(one)) await close();
  };
  open.add(one);
  return one;
}

/**
 * Serves `/dist/`, `/blank.html`, `/pages/` (tests/browser/pages) and the built playground.
 * `isolated` sends COOP and COEP; `headers` adds others (a CSP); `routes` adds places or answers.
 * Storage belongs to an origin, port included: a test that comes back to a profile keeps its server.
 */
export async function startServer({ isolated = false, headers = {}, routes = {}, port = 0 } = {}) {
  const server = await serve({
    port,
    headers: { ...(isolated ? ISOLATED : {}), ...headers },
    routes: {
      '/blank.html': () => ({ body: BLANK }),
      '/favicon.ico': () => ({ type: 'image/x-icon' }),
      '/dist/': at('dist'),
      '/pages/': at('tests/browser/pages'),
      '/playground/': at('www/playground/dist'),
      '/memory-blocks/': at('www/memory-blocks/dist'),
      ...routes,
    },
  });
  return { ...server, close: closing(server.close) };
}

function executablePath() {
  const path = findChromium();
  if (!path) throw new Error('Chromium is not here: run the tests by `npm test`, or set CHROMIUM to its path.');
  return path;
}

/** A folder for a browser profile, removed at the end. */
export function temporaryProfile() {
  const path = mkdtempSync(join(tmpdir(), 'prollite-profile-'));
  closing(async () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return path;
}

/** A browser whose contexts start empty and vanish: `newContext()`, one a test. */
export async function launch({ args = [] } = {}) {
  const browser = await chromium.launch({ executablePath: executablePath(), headless: true, args: [...FLAGS, ...args] });
  const close = closing(() => browser.close());
  return { browser, newContext: (options) => browser.newContext(options), close };
}

/** A browser context whose storage stays in `profile`, to be closed and opened again. */
export async function launchPersistent(profile = temporaryProfile(), { args = [] } = {}) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executablePath(),
    headless: true,
    args: [...FLAGS, ...args],
  });
  const close = closing(() => context.close());
  return { context, profile, close };
}

/**
 * A browser on `profile` that can be killed as a power button would kill it, every process of it at once:
 * `kill()` resolves when they are gone. It is driven over its debugging port.
 */
export async function launchKillable(profile = temporaryProfile(), { args = [] } = {}) {
  const portFile = join(profile, 'DevToolsActivePort');
  rmSync(portFile, { force: true });
  const child = spawn(
    executablePath(),
    [...FLAGS, ...args, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { detached: true, stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('close', resolve));
  const kill = closing(async () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    await gone;
    await groupIsGone(child.pid);
    // A lock that names a dead process would keep the next browser off the profile.
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) rmSync(join(profile, name), { force: true });
  });
  const deadline = Date.now() + 30_000;
  let port;
  while (!port) {
    if (Date.now() > deadline || child.exitCode !== null) {
      await kill();
      throw new Error('Chromium did not open its debugging port within 30 s.');
    }
    const text = existsSync(portFile) ? readFileSync(portFile, 'utf8') : '';
    port = /^(\d+)\n/.exec(text)?.[1];
    if (!port) await sleep(20);
  }
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const [context] = browser.contexts();
  return { context, browser, profile, kill, pid: child.pid };
}

async function groupIsGone(group) {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      process.kill(-group, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}

/**
 * A blank page of `server` in `context`, with what went wrong in it: `errors` holds uncaught errors and
 * `console.error` lines, `lines` all of the console. Give `path` to open another page.
 */
export async function openPage(context, server, path = '/blank.html') {
  const page = await context.newPage();
  const errors = [];
  const lines = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    lines.push(message.text());
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`${server.url}${path}`);
  return Object.assign(page, { errors, lines });
}

export { sleep };
