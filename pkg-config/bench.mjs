// `npm run bench`: Prollite and its peers in one run, in one browser, and the memory blocks. `-- NAME…` runs only those,
// `--rows N` another size. The peers are installed in `.cache/peers`, apart from the package.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { buildApp, buildPackage } from './build.mjs';
import { serve } from './serve.mjs';
import { setupChromium, setupPackages } from './setup.mjs';
import { Stop, at, header, once, run, say } from './steps.mjs';

const PEERS = { '@sqlite.org/sqlite-wasm': '3.54.1-build1', 'wa-sqlite': '1.0.0', dexie: '4.4.7' };

const ENGINES = [
  { name: 'prollite', inPage: true },
  { name: 'sqlite-memory' },
  { name: 'sqlite-opfs' },
  { name: 'wa-sqlite-idb' },
  { name: 'dexie' },
  { name: 'bare-indexeddb' },
];

/** The application of that name: opening and approving a proposal, in its own page. */
const BLOCKS = 'memory-blocks';
const GOALS = { open: 100, approve: 150 };

async function launch() {
  const executablePath = await setupChromium();
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

async function installPeers() {
  const folder = at('.cache', 'peers');
  const manifest = JSON.stringify({ private: true, dependencies: PEERS }, null, 2);
  await once('peers', manifest, Object.keys(PEERS).map((name) => `.cache/peers/node_modules/${name}`), async () => {
    say('installing the peers in .cache/peers');
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, manifest);
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], { cwd: folder });
  });
}

export async function bench(args) {
  const { names, rows, native } = options(args);
  if (native) await nativeBenches();
  if (names.length === 0 || names.includes(BLOCKS)) await benchBlocks();
  const engines = ENGINES.filter(({ name }) => names.length === 0 || names.includes(name));
  if (engines.length === 0) return true;
  if (engines.some(({ name }) => name === 'prollite')) await buildPackage();
  await setupPackages();
  await installPeers();
  const browser = await launch();
  const server = await serve({
    routes: {
      '/blank.html': () => ({ body: '<!doctype html><title>bench</title>' }),
      '/favicon.ico': () => ({ type: 'image/x-icon' }),
      '/dist/': at('dist'),
      '/benches/': at('benches/browser'),
      '/peers/': at('.cache/peers/node_modules'),
    },
  });
  const results = {};
  try {
    header(`Engines in Chromium ${browser.version()}, ${rows} rows`);
    for (const { name, inPage = false } of engines) {
      say(name);
      results[name] = await benchEngine(browser, server, name, inPage, rows);
    }
  } finally {
    await browser.close();
    await server.close();
  }
  printTable(results);
  mkdirSync(at('.cache'), { recursive: true });
  writeFileSync(at('.cache/bench.json'), JSON.stringify({ rows, results }, null, 2));
  return Object.values(results).every((steps) => !steps.broken);
}

/** Two sizes: an ordinary block with a day's proposals, and a block of 200 KB for which 500 wait. */
async function benchBlocks() {
  await buildPackage();
  await buildApp(BLOCKS);
  const { openAndApprove, takeInLongLife } = await import('../benches/browser/memory-blocks.mjs');
  const server = await serve({ routes: { '/': at('www', BLOCKS, 'dist') } });
  const browser = await launch();
  header(`Memory blocks in Chromium ${browser.version()}, from the key to what is shown`);
  try {
    for (const [title, size] of [['8 KB, 20 proposals', { lines: 120, proposals: 20 }], ['200 KB, 500 proposals', {}]]) {
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
      const page = await context.newPage();
      await page.goto(server.url);
      await page.locator('main[data-ready=true]').waitFor();
      await takeInLongLife(page, size);
      const times = await openAndApprove(page, 9);
      await context.close();
      for (const [step, goal] of Object.entries(GOALS)) {
        const sorted = [...times[step]].sort((a, b) => a - b);
        const middle = sorted[sorted.length >> 1];
        console.log(`${middle <= goal ? '✓' : '✗'} ${title}, ${step} a proposal: ${middle.toFixed(0)} ms in the middle, ${sorted.at(-1).toFixed(0)} ms at worst (goal ${goal} ms)`);
      }
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

function options(args) {
  const names = [];
  let rows = 100_000;
  for (let index = 0; index < args.length; index++) {
    if (args[index] === '--rows') rows = Number(args[++index]);
    else names.push(args[index]);
  }
  const unknown = names.find((name) => name !== 'native' && name !== BLOCKS && !ENGINES.some((engine) => engine.name === name));
  if (unknown) throw new Stop(`there is no engine "${unknown}": native, ${BLOCKS}, ${ENGINES.map(({ name }) => name).join(', ')}.`);
  if (!Number.isInteger(rows) || rows < 1000) throw new Stop('--rows takes a whole number of at least 1000.');
  const native = names.length === 0 || names.includes('native');
  return { names, rows, native };
}

async function nativeBenches() {
  if (!existsSync(at('benches/changes.rs'))) return;
  header('Versioning, native');
  await run('cargo', ['bench', '-q', '--bench', 'changes']);
  header('History, native');
  await run('cargo', ['bench', '-q', '--bench', 'history']);
}

/** A context of its own, with empty storage. Answers {step: {ms, answer} or {error}}. */
async function benchEngine(browser, server, name, inPage, rows) {
  const context = await browser.newContext();
  const steps = {};
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(600_000);
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`  ${message.text()}`);
    });
    await page.goto(`${server.url}/blank.html`);
    const found = await page.evaluate(
      async ([engine, size, here]) => (await import('/benches/page.mjs')).bench(engine, { rows: size }, { inPage: here }),
      [name, rows, inPage],
    );
    for (const { step, ...result } of found) steps[step] = result;
  } catch (error) {
    console.error(`  ${name} could not run: ${error.message.split('\n')[0]}`);
    Object.defineProperty(steps, 'broken', { value: true, enumerable: false });
  }
  await context.close();
  return steps;
}

/** A row a step, a column an engine; behind a peer's time how often ours goes into it. */
function printTable(results) {
  const names = Object.keys(results);
  const steps = [...new Set(names.flatMap((name) => Object.keys(results[name])))];
  const time = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`);
  const ours = results.prollite ?? {};
  const cell = (name, step) => {
    const result = results[name][step];
    if (!result) return '';
    if (result.error) return name === 'dexie' ? '' : 'error';
    const base = ours[step]?.ms;
    return name === 'prollite' || !base ? time(result.ms) : `${time(result.ms)} (${(result.ms / base).toPrecision(2)}×)`;
  };
  const lines = [['', ...names], ...steps.map((step) => [step, ...names.map((name) => cell(name, step))])];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  header('n× behind a peer: it takes n times as long as Prollite');
  for (const line of lines) console.log(line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column]))).join('  '));
  for (const step of steps) {
    const told = names.filter((name) => results[name][step]?.answer !== undefined);
    const answers = new Set(told.map((name) => results[name][step].answer));
    if (answers.size > 1) {
      console.log(`✗ ${step}: the engines do not agree:`);
      for (const name of told) console.log(`    ${name}: ${results[name][step].answer.slice(0, 200)}`);
    }
  }
  for (const name of names.filter((name) => name !== 'dexie')) {
    for (const [step, { error }] of Object.entries(results[name])) if (error) console.log(`✗ ${name}, ${step}: ${error}`);
  }
}
