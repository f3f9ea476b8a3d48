import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { at } from '../../pkg-config/steps.mjs';

test('examples/node merges two people’s changes', () => {
  const out = execFileSync(process.execPath, [at('examples/node/notes.mjs')], { encoding: 'utf8', timeout: 60_000 });
  assert.match(out, /main and ben differ:/);
  assert.match(out, /conflicts: 0/);
  assert.match(out, /Shopping/);
  assert.match(out, /Milk, bread/);
  assert.match(out, /Ben \| A better title/);
});
