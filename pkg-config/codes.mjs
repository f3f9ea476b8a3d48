// The error codes of src/error.rs, as TypeScript (js/src/codes.ts, generated at each build)
// and as a page (docs/errors.md, in the repository; `npm run codes` writes it anew).
import { readFileSync } from 'node:fs';
import { Stop, at, writeIfChanged } from './steps.mjs';

export function readCodes() {
  const source = readFileSync(at('src/error.rs'), 'utf8');
  const block = /^codes! \{\n([\s\S]*?)^\}/m.exec(source);
  if (!block) throw new Stop('src/error.rs holds no `codes! { … }` list.');
  return block[1]
    .split('\n')
    .filter((line) => line.trim() && !line.trim().startsWith('//'))
    .map((line) => {
      const parts = /^\s*\w+\s+"([A-Z_]+)"\s+(true|false)\s+"(.*)"$/.exec(line);
      if (!parts) throw new Stop(`src/error.rs: cannot read the code line: ${line.trim()}`);
      return { code: parts[1], retryable: parts[2] === 'true', meaning: parts[3] };
    });
}

function typescript(codes) {
  const quote = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  return `// Generated from src/error.rs by pkg-config/codes.mjs: edit the list there.

export type ErrorCode =
${codes.map(({ code, meaning }) => `  /** ${meaning} */\n  | ${quote(code)}`).join('\n')};

export const errorCodes: readonly ErrorCode[] = [
${codes.map(({ code }) => `  ${quote(code)},`).join('\n')}
];

/** Codes of errors after which the same call may succeed when it is made again. */
export const retryableCodes: readonly ErrorCode[] = [
${codes.filter(({ retryable }) => retryable).map(({ code }) => `  ${quote(code)},`).join('\n')}
];

export const codeMeanings: Readonly<Record<ErrorCode, string>> = {
${codes.map(({ code, meaning }) => `  ${code}: ${quote(meaning)},`).join('\n')}
};
`;
}

export function errorsPage(codes = readCodes()) {
  return `# Error codes

Every error carries one of these codes, in Rust (\`Error::code\`) and in TypeScript (\`DbError.code\`).
This page is generated from \`src/error.rs\` by \`npm run codes\`.

| code | meaning | retryable |
|---|---|---|
${codes.map(({ code, meaning, retryable }) => `| \`${code}\` | ${meaning} | ${retryable ? 'yes' : ''} |`).join('\n')}
`;
}

export function writeTypescriptCodes() {
  return writeIfChanged('js/src/codes.ts', typescript(readCodes()));
}

export function writeErrorsPage() {
  return writeIfChanged('docs/errors.md', errorsPage());
}
