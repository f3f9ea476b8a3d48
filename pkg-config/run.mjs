#!/usr/bin/env node
// The one entry of every npm script. It needs Node alone: each command sets up what it lacks.
import { Stop } from './steps.mjs';

const COMMANDS = {
  async start() {
    const { apps, buildAll } = await import('./build.mjs');
    const { start } = await import('./serve.mjs');
    const { buildServer } = await import('./server.mjs');
    await buildAll();
    await buildServer();
    await start({ names: apps() });
  },
  async build() {
    await (await import('./build.mjs')).buildAll();
  },
  async test(args) {
    return (await import('./test.mjs')).test(args);
  },
  async size() {
    await (await import('./build.mjs')).buildPackage();
    (await import('./size.mjs')).measureSize();
  },
  async bench(args) {
    return (await import('./bench.mjs')).bench(args);
  },
  async fuzz(args) {
    const seconds = args.map(Number).find((number) => number > 0);
    const { failed } = await (await import('./fuzz.mjs')).fuzz({ seconds, targets: args.filter((arg) => !(Number(arg) > 0)) });
    return failed === 0;
  },
  async conformance(args) {
    return (await import('./conformance.mjs')).conformance(args);
  },
  async codes() {
    const codes = await import('./codes.mjs');
    codes.writeTypescriptCodes();
    codes.writeErrorsPage();
  },
};

const [command, ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(COMMANDS, command ?? '')) {
    throw new Stop(`there is no command "${command ?? ''}": ${Object.keys(COMMANDS).join(', ')}.`);
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 11)) throw new Stop(`Node 20.11 or newer is needed; this is ${process.versions.node}.`);
  if ((await COMMANDS[command](args)) === false) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(`✗ ${error.message}`);
  process.exitCode = 1;
}
