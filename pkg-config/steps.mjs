// What every step shares: where things are, how it says what it does, how it runs a program,
// and stamps, by which a step is done once.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const at = (...parts) => join(root, ...parts);

/** Where cargo puts what it builds. */
export const targetDir = process.env.CARGO_TARGET_DIR ? resolve(root, process.env.CARGO_TARGET_DIR) : at('target');

/** An error that is the user's to solve: printed as one line, without a stack. */
export class Stop extends Error {}

export function say(text) {
  console.log(`• ${text}`);
}

export function header(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(2, 74 - text.length))}`);
}

/**
 * Runs a program and streams what it prints. Answers `{ code, output }`;
 * throws a `Stop` when it fails, unless `mayFail` is set. `quiet` shows the output only on failure.
 */
export function run(program, args, { mayFail = false, quiet = false, env, cwd = root } = {}) {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts = [];
    const take = (to) => (data) => {
      parts.push(data);
      if (!quiet) to.write(data);
    };
    child.stdout.on('data', take(process.stdout));
    child.stderr.on('data', take(process.stderr));
    child.on('error', (error) => {
      if (mayFail) done({ code: 127, output: String(error) });
      else reject(new Stop(`${program} cannot be started: ${error.message}`));
    });
    child.on('close', (status, signal) => {
      const code = status ?? 1;
      const output = Buffer.concat(parts).toString();
      if (code !== 0 && !mayFail) {
        if (quiet) process.stderr.write(output);
        reject(new Stop(`${program} ${args.slice(0, 4).join(' ')} failed (${signal ?? `exit code ${code}`})`));
      } else {
        done({ code, output });
      }
    });
  });
}

/** The files below `path`, sorted, as paths relative to the root; a file gives itself. */
export function filesBelow(path, skip = (name) => name === 'node_modules' || name === 'dist' || name.startsWith('.')) {
  const full = resolve(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [relative(root, full)];
  return readdirSync(full, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (skip(entry.name) ? [] : filesBelow(join(path, entry.name), skip)));
}

/** One hash over the names and bytes of files and folders. */
export function hashOf(paths, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const path of paths.flatMap((path) => filesBelow(path))) {
    hash.update(`\0${path}\0`).update(readFileSync(resolve(root, path)));
  }
  return hash.digest('hex');
}

/** Does `work` unless the stamp `name` holds `hash` and every path of `makes` exists. Answers whether it worked. */
export async function once(name, hash, makes, work) {
  const stamp = at('.cache', 'stamps', name);
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (done && makes.every((path) => existsSync(at(path)))) return false;
  // Work that is cut short is done again.
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}

/** Writes a file only when its content changes, so that nothing downstream is made again. */
export function writeIfChanged(path, content) {
  const full = at(path);
  if (existsSync(full) && readFileSync(full, 'utf8') === content) return false;
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return true;
}

export function thousands(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
