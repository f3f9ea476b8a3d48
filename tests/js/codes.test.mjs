import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { errorsPage, readCodes } from '../../pkg-config/codes.mjs';
import { at } from '../../pkg-config/steps.mjs';

test('docs/errors.md lists the codes of src/error.rs', () => {
  const page = readFileSync(at('docs/errors.md'), 'utf8');
  assert.equal(page, errorsPage(), 'docs/errors.md is out of date: run `npm run codes`');
});

test('every code has its own name and a sentence for a meaning', () => {
  const codes = readCodes();
  assert.ok(codes.length >= 30, `only ${codes.length} codes were read`);
  assert.equal(new Set(codes.map(({ code }) => code)).size, codes.length);
  for (const { code, meaning } of codes) assert.match(meaning, /^[A-Z].*\.$/, code);
});
