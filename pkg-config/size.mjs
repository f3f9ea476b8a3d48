// What a page downloads: wasm and JavaScript, compressed. Fails over the budget.
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Stop, at, thousands } from './steps.mjs';

export const BUDGET = 1_500_000;

export function measureSize() {
  const files = ['index.js', 'worker.js', 'prollite_bg.wasm'].filter((name) => existsSync(at('dist', name)));
  let total = 0;
  console.log(`${'file'.padEnd(20)}${'raw'.padStart(12)}${'gzip'.padStart(12)}`);
  for (const name of files) {
    const bytes = readFileSync(at('dist', name));
    const packed = gzipSync(bytes, { level: 9 }).length;
    total += packed;
    console.log(`${name.padEnd(20)}${thousands(bytes.length).padStart(12)}${thousands(packed).padStart(12)}`);
  }
  console.log(`budget gzip bytes: ${BUDGET}`);
  console.log(`total gzip bytes: ${total}`);
  if (total > BUDGET) throw new Stop(`the package is ${thousands(total - BUDGET)} bytes over its budget.`);
  return total;
}
