// The package as its users get it: packed, installed in an empty project, imported, type-checked, bundled.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { build } from 'esbuild';
import { at } from '../../pkg-config/steps.mjs';

const manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const project = mkdtempSync(join(tmpdir(), 'prollite-consumer-'));
const npm = (args, cwd) => execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, encoding: 'utf8' });
let packed;

before(() => {
  [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', project], at()));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  npm(['install', '--offline', join(project, packed.filename)], project);
});
after(() => rmSync(project, { recursive: true, force: true }));

test('the lockfile names no registry, and the package depends on nothing', () => {
  const lock = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  const hosts = Object.entries(lock.packages).filter(([, { resolved }]) => /^\w+:\/\//.test(resolved ?? ''));
  assert.deepEqual(hosts.map(([name]) => name), []);
  assert.deepEqual(manifest.dependencies ?? {}, {});
});

test('the tarball holds what `exports` names, and no sources', () => {
  const files = packed.files.map(({ path }) => path);
  for (const [entry, target] of Object.entries(manifest.exports)) {
    for (const path of typeof target === 'string' ? [target] : Object.values(target)) {
      assert.ok(files.includes(path.replace('./', '')), `${entry}: ${path} is not packed`);
    }
    if (typeof target === 'object') assert.equal(Object.keys(target)[0], 'types', `${entry}: types come first`);
  }
  assert.deepEqual(files.filter((path) => !/^(dist\/|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(path)), []);
  assert.ok(files.includes('LICENSE'));
});

test('the worker is one file without imports', async () => {
  const source = readFileSync(at('dist/worker.js'), 'utf8');
  const { metafile } = await build({ stdin: { contents: source, loader: 'js' }, bundle: true, write: false, metafile: true, format: 'esm', external: ['*'], logLevel: 'silent' });
  const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  assert.deepEqual(imports.filter((path) => !path.startsWith('node:')), []);
});

test('importing it in Node is harmless', () => {
  const out = execFileSync(process.execPath, ['-e', "import('prollite').then((m) => console.log(typeof m.open))"], { cwd: project, encoding: 'utf8' });
  assert.equal(out.trim(), 'function');
});

test('its types check in a strict project, under both ways of resolving modules', () => {
  writeFileSync(
    join(project, 'consumer.ts'),
    `import { open, sql, type Db } from 'prollite';
     const db: Db = await open('notes', { branch: 'main' });
     const rows = await db.sql<{ id: number }>\`SELECT id FROM notes WHERE id = \${1}\`;
     const first: number | undefined = rows[0]?.id;
     // @ts-expect-error text is not trusted SQL made by the tag
     await db.query({ text: 'SELECT 1', params: [] });
     const trusted = sql\`SELECT \${first ?? null}\`;
     await db.query(trusted);
     await db.close();
     export {};`,
  );
  for (const [module, moduleResolution] of [['esnext', 'bundler'], ['nodenext', 'nodenext']]) {
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', 'es2022,esnext.disposable,dom,dom.iterable', '--types', ''];
    const run = () => execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), ...options, '--module', module, '--moduleResolution', moduleResolution, 'consumer.ts'], { cwd: project, encoding: 'utf8', stdio: 'pipe' });
    try {
      run();
    } catch (error) {
      assert.fail(`${moduleResolution}:\n${error.stdout}`);
    }
  }
});

test('a bundler takes it in', async () => {
  const result = await build({ stdin: { contents: "import { open } from 'prollite'; console.log(open);", resolveDir: project }, bundle: true, write: false, format: 'esm', platform: 'browser', external: ['node:*'], logLevel: 'silent' });
  assert.equal(result.warnings.length, 0, JSON.stringify(result.warnings));
  assert.ok(existsSync(join(project, 'node_modules/prollite/dist/worker.js')), 'the two files to copy are there');
  assert.ok(existsSync(join(project, 'node_modules/prollite/dist/prollite_bg.wasm')));
});
