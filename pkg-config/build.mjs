// Builds the package: codes, the wasm engine and its bindings (`pkg/`), types and bundles (`dist/`), the apps (`www/*/dist`).
// Each step is done again only when what it reads has changed.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { writeTypescriptCodes } from './codes.mjs';
import { setupPackages, setupWasmTarget } from './setup.mjs';
import { Stop, at, filesBelow, hashOf, once, run, say, targetDir } from './steps.mjs';

const PROFILE = process.env.PROLLITE_WASM_PROFILE ?? 'wasm';
const ENTRIES = ['index', 'worker'];

/** `pkg/`: the engine for the browser and its bindings. */
export async function buildWasm() {
  await setupWasmTarget();
  const lock = readFileSync(at('Cargo.lock'), 'utf8');
  const version = (name) => new RegExp(`name = "${name}"\\nversion = "([^"]+)"`).exec(lock)?.[1];
  if (version('wasm-bindgen') !== version('wasm-bindgen-cli-support')) {
    throw new Stop(
      `Cargo.lock holds wasm-bindgen ${version('wasm-bindgen')} and wasm-bindgen-cli-support ` +
        `${version('wasm-bindgen-cli-support')}: set the latter, in crates/build/Cargo.toml, to the former.`,
    );
  }
  say('building the engine for wasm');
  await run('cargo', ['build', '-p', 'prollite-wasm', '--profile', PROFILE, '--target', 'wasm32-unknown-unknown', '--config', unnamed()]);
  const wasm = join(targetDir, 'wasm32-unknown-unknown', PROFILE, 'prollite_wasm.wasm');
  const outputs = ['pkg/prollite.js', 'pkg/prollite.d.ts', 'pkg/prollite_bg.wasm'];
  await once('bindings', hashOf([wasm, 'crates/build/src', 'crates/build/Cargo.toml'], lock), outputs, async () => {
    say('writing the bindings');
    rmSync(at('pkg'), { recursive: true, force: true });
    mkdirSync(at('pkg'), { recursive: true });
    await run('cargo', ['run', '-q', '-p', 'prollite-build', '--', wasm, at('pkg'), 'prollite']);
  });
}

/** The texts of panics name source files, and what is published names no folder of the machine that built it. */
function unnamed() {
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  return `target.wasm32-unknown-unknown.rustflags=${JSON.stringify([`--remap-path-prefix=${crates}=crates`])}`;
}

/** `dist/`: what npm publishes. */
export async function buildPackage() {
  await buildWasm();
  await setupPackages();
  writeTypescriptCodes();
  const entries = ENTRIES.filter((name) => existsSync(at(`js/src/${name}.ts`)));
  const inputs = ['js', 'pkg', 'pkg-config', 'package-lock.json'];
  const makes = ['dist/prollite_bg.wasm', ...entries.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`])];
  await once('package', hashOf(inputs), makes, async () => {
    say('bundling dist/');
    rmSync(at('dist'), { recursive: true, force: true });
    mkdirSync(at('dist'), { recursive: true });
    cpSync(at('pkg/prollite_bg.wasm'), at('dist/prollite_bg.wasm'));
    if (entries.length === 0) return;
    const { build } = await import('esbuild');
    await build({
      entryPoints: entries.map((name) => at(`js/src/${name}.ts`)),
      outdir: at('dist'),
      bundle: true,
      splitting: false,
      format: 'esm',
      platform: 'browser',
      external: ['node:*'],
      target: ['es2022'],
      minify: true,
      sourcemap: 'linked',
      legalComments: 'none',
      logLevel: 'warning',
    });
    const tsc = at('node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', at('pkg-config/tsconfig.json'), '--emitDeclarationOnly', '--outDir', at('dist')]);
    nameExtensions();
    const worker = readFileSync(at('dist/worker.js'), 'utf8');
    if (/^import\b|\bfrom\s*["']\.\.?\//m.test(worker)) throw new Stop('dist/worker.js has imports: it must be one file.');
  });
}

/** Node's way of resolving modules wants extensions in the imports of declarations as well. */
function nameExtensions() {
  for (const name of readdirSync(at('dist')).filter((name) => name.endsWith('.d.ts'))) {
    const types = readFileSync(at('dist', name), 'utf8');
    const named = types.replace(/((?:\bfrom |\bimport\()['"])(\.\/[\w-]+)(['"])/g, '$1$2.js$3');
    writeFileSync(at('dist', name), named);
  }
}

export function apps() {
  if (!existsSync(at('www'))) return [];
  return readdirSync(at('www')).filter((name) => existsSync(at('www', name, 'index.html')));
}

/**
 * `www/⟨app⟩/dist`: `src/main.ts` or `src/main.tsx` bundled; `index.html` and `public/` as they are; the two files of
 * the package that a bundler does not emit; and what `assets` in the app's package.json names: {target: source},
 * the source from `node_modules`.
 */
export async function buildApp(name) {
  const here = join('www', name);
  const out = join(here, 'dist');
  const entry = ['src/main.tsx', 'src/main.ts'].map((path) => join(here, path)).find((path) => existsSync(at(path)));
  if (!entry) throw new Stop(`${here}/src/main.ts or main.tsx is missing.`);
  await once(`app-${name}`, hashOf([here, 'www/shared', 'dist', 'package-lock.json', 'pkg-config/build.mjs'].flatMap(everything)), [join(out, 'main.js')], async () => {
    say(`bundling ${out}/`);
    rmSync(at(out), { recursive: true, force: true });
    mkdirSync(at(out), { recursive: true });
    const { build } = await import('esbuild');
    await build({
      entryPoints: { main: at(entry) },
      outdir: at(out),
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: ['es2022'],
      jsx: 'automatic',
      jsxImportSource: 'preact',
      minify: true,
      sourcemap: 'linked',
      loader: { '.csv': 'file', '.svg': 'file', '.woff2': 'file' },
      logLevel: 'warning',
    });
    cpSync(at(here, 'index.html'), at(out, 'index.html'));
    if (existsSync(at(here, 'public'))) cpSync(at(here, 'public'), at(out), { recursive: true });
    for (const file of ['worker.js', 'prollite_bg.wasm']) cpSync(at('dist', file), at(out, file));
    const { assets = {} } = JSON.parse(readFileSync(at(here, 'package.json'), 'utf8'));
    for (const [target, source] of Object.entries(assets)) {
      mkdirSync(dirname(at(out, target)), { recursive: true });
      cpSync(at('node_modules', source), at(out, target));
    }
    // What the app is without a network (www/shared/offline-worker.js).
    const files = filesBelow(out, (name) => name.endsWith('.map'));
    await build({
      entryPoints: { 'offline-worker': at('www/shared/offline-worker.js') },
      outdir: at(out),
      define: { FILES: JSON.stringify(files.map((file) => relative(out, file))), VERSION: JSON.stringify(hashOf(files).slice(0, 16)) },
      minify: true,
      logLevel: 'warning',
    });
  });
}

// `dist` is skipped below a folder but is an input by its own name.
function everything(path) {
  return path === 'dist' ? filesBelow('dist', () => false) : [path];
}

export async function buildAll() {
  await buildPackage();
  for (const name of apps()) await buildApp(name);
}

/** Checks the types of the package, the apps and the examples. */
export async function checkTypes() {
  const tsc = at('node_modules/typescript/bin/tsc');
  const projects = ['pkg-config/tsconfig.json', ...apps().map((name) => `www/${name}/tsconfig.json`)];
  for (const project of projects.filter((path) => existsSync(at(path)))) {
    await run(process.execPath, [tsc, '--noEmit', '-p', at(project)]);
  }
}
