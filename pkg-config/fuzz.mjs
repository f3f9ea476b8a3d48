// The fuzz targets (fuzz/), on stable Rust: built with the coverage that libFuzzer steers by, and run for a time each.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Stop, at, run, say, targetDir } from './steps.mjs';

const MANIFEST = 'fuzz/Cargo.toml';
const folder = join(targetDir, 'fuzz');
// What `cargo fuzz` passes, but for the address sanitizer, which needs a nightly compiler.
const COVERAGE = [
  '--cfg fuzzing',
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map((part) => `-Cllvm-args=-sanitizer-coverage-${part}`),
  '-Ccodegen-units=1',
].join(' ');
const CHECKED = { CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true', CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true' };

export function fuzzTargets() {
  return readdirSync(at('fuzz/fuzz_targets')).filter((name) => name.endsWith('.rs')).map((name) => name.slice(0, -3)).sort();
}

/** Whether they still compile; this needs no C++. */
export async function checkFuzzTargets() {
  await run('cargo', ['check', '--quiet', '--no-default-features', '--manifest-path', at(MANIFEST)], { env: { CARGO_TARGET_DIR: folder } });
}

/** Runs each for so many seconds. What it found interesting stays in `.cache/fuzz`, and so does what broke it. */
export async function fuzz({ targets: named = [], seconds = 60 } = {}) {
  const targets = named.length > 0 ? named : fuzzTargets();
  const unknown = targets.find((name) => !fuzzTargets().includes(name));
  if (unknown) throw new Stop(`there is no fuzz target "${unknown}": ${fuzzTargets().join(', ')}.`);
  const host = /^host: (.*)$/m.exec((await run('rustc', ['-vV'], { quiet: true })).output)[1];
  say('building the fuzz targets');
  // With --target, so that build scripts go without the coverage.
  const build = ['build', '--release', '--quiet', '--manifest-path', at(MANIFEST), '--target', host, ...targets.flatMap((name) => ['--bin', name])];
  await run('cargo', build, { env: { CARGO_TARGET_DIR: folder, RUSTFLAGS: COVERAGE, ...CHECKED } });
  let failed = 0;
  for (const name of targets) {
    const corpus = at('.cache/fuzz', name);
    mkdirSync(corpus, { recursive: true });
    say(`fuzzing ${name} for ${seconds} s`);
    const args = [`-max_total_time=${seconds}`, '-rss_limit_mb=2048', '-timeout=20', '-max_len=65536', '-verbosity=0', '-print_final_stats=1', `-artifact_prefix=${at('.cache/fuzz')}/${name}-`, corpus];
    const { code, output } = await run(join(folder, host, 'release', name), args, { mayFail: true, quiet: true });
    const runs = /number_of_executed_units: (\d+)/.exec(output)?.[1] ?? '0';
    if (code === 0) say(`${name}: ${runs} inputs`);
    else {
      failed++;
      console.error(output.trimEnd().split('\n').slice(-40).join('\n'));
    }
  }
  return { passed: targets.length - failed, failed };
}
