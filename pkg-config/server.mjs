// prollite-server, built and started beside the apps and the browser tests.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Stop, run, say, targetDir } from './steps.mjs';

const program = join(targetDir, 'debug', 'prollite-server');

export async function buildServer({ quiet = false } = {}) {
  if (!quiet) say('building prollite-server');
  await run('cargo', ['build', '-p', 'prollite-server'], { quiet });
}

/** Starts it on the folder `data`. Answers `{ url, child, output(), stop() }`; `stop('SIGKILL')` does not ask. */
export async function startRemote({ data, listen = '127.0.0.1:0', args = [] }) {
  const child = spawn(program, [data, '--listen', listen, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = [];
  child.stderr.on('data', (part) => parts.push(part));
  const output = () => Buffer.concat(parts).toString();
  const ended = new Promise((resolve) => child.once('close', resolve));
  const line = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => undefined),
    new Promise((resolve) => child.once('error', () => resolve(undefined))),
  ]);
  const url = /http:\/\/\S+/.exec(line ?? '')?.[0];
  if (!url) throw new Stop(`prollite-server did not start: ${output().trim() || program}`);
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  return { url, child, output, stop };
}
