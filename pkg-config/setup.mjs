// Sets up what a fresh machine lacks, once, and says so: the wasm target, the npm packages, Chromium.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Stop, at, filesBelow, hashOf, once, run, say } from './steps.mjs';

const WASM_TARGET = 'wasm32-unknown-unknown';

export async function setupRust() {
  const cargo = await run('cargo', ['--version'], { mayFail: true, quiet: true });
  if (cargo.code !== 0) throw new Stop('Rust is not installed: get it from https://rustup.rs and start again.');
}

export async function setupWasmTarget() {
  await setupRust();
  const { output } = await run('rustc', ['--print', 'sysroot'], { quiet: true });
  if (existsSync(join(output.trim(), 'lib', 'rustlib', WASM_TARGET))) return;
  say(`adding Rust's target ${WASM_TARGET}`);
  const added = await run('rustup', ['target', 'add', WASM_TARGET], { mayFail: true });
  if (added.code !== 0) throw new Stop(`Rust's target ${WASM_TARGET} is missing: run "rustup target add ${WASM_TARGET}".`);
}

/** `npm ci`, again only when the lockfile or a package.json changed. */
export async function setupPackages() {
  const manifests = filesBelow('www').filter((path) => path.endsWith('package.json'));
  const hash = hashOf(['package-lock.json', 'package.json', ...manifests], process.version);
  await once('npm-ci', hash, ['node_modules/esbuild', 'node_modules/typescript'], async () => {
    say('installing the npm packages of package-lock.json');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: at() });
  });
}

const CHROMIUM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The browser that is there: `$CHROMIUM`, a known path, or one that Playwright keeps. */
export function findChromium() {
  if (process.env.CHROMIUM) {
    if (existsSync(process.env.CHROMIUM)) return process.env.CHROMIUM;
    throw new Stop(`$CHROMIUM names ${process.env.CHROMIUM}, which does not exist.`);
  }
  const cache = join(homedir(), '.cache', 'ms-playwright');
  const kept = (existsSync(cache) ? readdirSync(cache) : [])
    .filter((name) => name.startsWith('chromium-'))
    .sort()
    .reverse()
    .flatMap((name) => ['chrome-linux64', 'chrome-linux'].map((folder) => join(cache, name, folder, 'chrome')));
  return [...CHROMIUM_PATHS, ...kept].find((path) => existsSync(path));
}

/** Chromium's path; installs Debian's package when there is none. */
export async function setupChromium() {
  const found = findChromium();
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot || (await run('sudo', ['-n', 'true'], { mayFail: true, quiet: true })).code === 0;
  const apt = (await run('apt-get', ['--version'], { mayFail: true, quiet: true })).code === 0;
  if (sudo && apt) {
    say('installing Chromium by apt-get');
    const [program, before] = isRoot ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(program, [...before, 'update', '-qq'], { mayFail: true, quiet: true, env });
    await run(program, [...before, 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], { mayFail: true, quiet: true, env });
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Stop('Chromium is not here and could not be installed: install it, or set CHROMIUM to its path.');
}
