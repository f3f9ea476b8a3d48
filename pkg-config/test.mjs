// `npm test`: every suite in order, each under its header, then a summary. `--long` raises the counts;
// names of suites after `--` run only those.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { buildAll, checkTypes } from './build.mjs';
import { checkFuzzTargets, fuzz } from './fuzz.mjs';
import { buildServer } from './server.mjs';
import { setupChromium, setupPackages, setupRust } from './setup.mjs';
import { measureSize } from './size.mjs';
import { Stop, at, header, run } from './steps.mjs';

const LONG_COUNTS = { PROLLITE_CASES: '10000', PROLLITE_KILLS: '50', PROLLITE_LONG: '1', PROLLITE_SERVER_KILLS: '100' };

export async function test(args) {
  const long = args.includes('--long');
  const only = args.filter((arg) => !arg.startsWith('--'));
  const env = long ? Object.fromEntries(Object.entries(LONG_COUNTS).map(([key, value]) => [key, process.env[key] ?? value])) : {};
  const suites = [
    ['rust', 'Rust: unit, property and integration tests', () => rustTests(long, env)],
    ...(long ? [['bucket', 'Rust: servers over a bucket', () => bucketTests(env)]] : []),
    ['fuzz', 'Fuzz targets', async () => (await setupRust(), long ? fuzz() : single(checkFuzzTargets))],
    // The browser's tests start the server: what it takes to build must not count against their time.
    ['build', 'Build: wasm, bindings, bundles, server', () => single(async () => (await buildAll(), buildServer()))],
    ['size', 'Size budget', () => single(measureSize)],
    ['types', 'TypeScript', () => single(async () => (await setupPackages(), checkTypes()))],
    ['js', 'JavaScript tests in Node', () => nodeTests('tests/js', env, long)],
    ['browser', 'Browser tests in Chromium', () => browserTests(env, long)],
  ];
  const unknown = only.find((name) => !suites.some(([suite]) => suite === name));
  if (unknown) throw new Stop(`there is no suite "${unknown}": ${suites.map(([name]) => name).join(', ')}.`);

  const results = [];
  for (const [name, title, work] of suites) {
    if (only.length > 0 && !only.includes(name)) continue;
    header(title);
    const began = Date.now();
    let counts;
    try {
      counts = await work();
    } catch (error) {
      console.error(error instanceof Stop ? `✗ ${error.message}` : error);
      counts = { passed: 0, failed: 1 };
    }
    results.push({ name, seconds: (Date.now() - began) / 1000, ...counts });
  }
  header('Summary');
  for (const { name, passed, failed, seconds } of results) {
    console.log(`${failed ? '✗' : '✓'} ${name.padEnd(10)}${`${passed} passed`.padStart(14)}${`${failed} failed`.padStart(12)}${`${seconds.toFixed(1)} s`.padStart(12)}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0;
}

async function single(work) {
  await work();
  return { passed: 1, failed: 0 };
}

/** Under nextest where it is installed (it runs test binaries side by side), else under cargo's own runner. */
async function rustTests(long, env) {
  await setupRust();
  const nextest = (await run('cargo', ['nextest', '--version'], { mayFail: true, quiet: true })).code === 0;
  const optimised = (flag) => (long ? [flag, 'long'] : []);
  const args = nextest
    ? ['nextest', 'run', '--workspace', '--profile', long ? 'long' : 'default', '--no-fail-fast', '--status-level', 'fail', '--final-status-level', 'fail', '--color', 'never', ...optimised('--cargo-profile')]
    : ['test', '--workspace', '--no-fail-fast', '--quiet', ...optimised('--profile')];
  const { code, output } = await run('cargo', args, { mayFail: true, env: { ...env, CARGO_TERM_COLOR: 'never' } });
  const counts = nextest ? nextestCounts(output) : cargoTestCounts(output);
  // A build that fails counts no test: that is a failure all the same.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Two servers over one bucket, for which `moto` stands in. */
async function bucketTests(env) {
  await setupRust();
  const python = process.env.PROLLITE_PYTHON ?? 'python3';
  const there = (await run(python, ['-c', 'import moto.server'], { mayFail: true, quiet: true })).code === 0;
  if (!there) throw new Stop("the bucket tests need moto: pip install 'moto[server,s3]'.");
  const args = ['test', '-p', 'prollite-server', '--features', 'bucket', '--test', 'server', '--', 'bucket'];
  const { code, output } = await run('cargo', args, { mayFail: true, env: { ...env, CARGO_TERM_COLOR: 'never' } });
  const counts = cargoTestCounts(output);
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function nextestCounts(output) {
  const line = /^\s*Summary .*?:\s*(.*)$/m.exec(output)?.[1] ?? '';
  const number = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: number('passed'), failed: number('failed') + number('timed out') };
}

function cargoTestCounts(output) {
  const lines = [...output.matchAll(/^test result: .*? (\d+) passed; (\d+) failed/gm)];
  return {
    passed: lines.reduce((total, [, passed]) => total + Number(passed), 0),
    failed: lines.reduce((total, [, , failed]) => total + Number(failed), 0),
  };
}

async function nodeTests(folder, env, long) {
  const files = existsSync(at(folder)) ? readdirSync(at(folder)).filter((name) => name.endsWith('.test.mjs')).sort() : [];
  if (files.length === 0) throw new Stop(`${folder} holds no *.test.mjs.`);
  await setupPackages();
  const tap = at('.cache', `${folder.replaceAll('/', '-')}.tap`);
  mkdirSync(at('.cache'), { recursive: true });
  rmSync(tap, { force: true });
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${tap}`];
  const args = ['--test', '--test-concurrency=1', `--test-timeout=${(long ? 60 : 5) * 60_000}`, ...reporters, ...files.map((name) => at(folder, name))];
  const { code } = await run(process.execPath, args, { mayFail: true, env });
  const text = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
  const number = (word) => Number([...text.matchAll(new RegExp(`^# ${word} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  const counts = { passed: number('pass'), failed: number('fail') + number('cancelled') };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

async function browserTests(env, long) {
  const chromium = await setupChromium();
  return nodeTests('tests/browser', { ...env, CHROMIUM: chromium }, long);
}
