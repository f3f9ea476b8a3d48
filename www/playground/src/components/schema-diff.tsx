import type { SchemaChange } from '../state/diff';

/** A table's definition on both sides. Lines that only one side has carry a sign. */
export function SchemaDiff({ schema: { before, after } }: { schema: SchemaChange }) {
  const title = before === '' ? 'Created as' : after === '' ? 'Dropped; it was' : 'The table’s definition changed';
  return (
    <details class="schema-diff" open={before !== '' && after !== ''}>
      <summary>{title}</summary>
      <div class="schema-sides">
        {before !== '' && <Side title="Before" text={before} other={after} sign="−" kind="op-delete" />}
        {after !== '' && <Side title="After" text={after} other={before} sign="+" kind="op-insert" />}
      </div>
    </details>
  );
}

function Side({ title, text, other, sign, kind }: { title: string; text: string; other: string; sign: string; kind: string }) {
  const known = new Set(lines(other).map(bare));
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <pre>
        {lines(text).map((line, index) => {
          const own = other !== '' && !known.has(bare(line));
          return <span key={index} class={own ? `schema-line ${kind}` : 'schema-line'}>{own ? sign : ' '} {line}{'\n'}</span>;
        })}
      </pre>
    </figure>
  );
}

function lines(text: string): string[] {
  return text.split('\n');
}

/** The comma after a column comes and goes with the columns below it. */
function bare(line: string): string {
  return line.trim().replace(/,$/, '');
}
