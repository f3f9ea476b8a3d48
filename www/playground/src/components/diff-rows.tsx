import type { Row, RowChange, SqlValue } from 'prollite';
import { marked, type Piece } from '../lib/marks';
import { kindOf, sameValue, textOf } from '../lib/value';
import type { TableDiff } from '../state/diff';

/** Values up to here are never broken over lines. */
const SHORT = 24;
/** Both sides of a cell together: longer ones do not stand beside each other. */
const LONG = 90;

const SIGNS = { insert: ['+', 'added'], update: ['~', 'modified'], delete: ['−', 'removed'] } as const;

/** Rows in key order. A modified cell holds its old and new value beside or above each other; signs and words say what colour says. */
export function DiffRows({ label, diff }: { label: string; diff: TableDiff }) {
  return (
    <div class="diff-scroll" role="region" aria-label={label} tabIndex={0}>
      <table class="diff">
        <thead>
          <tr>
            <th scope="col"><span class="hidden-text">Change</span></th>
            {diff.columns.map((name) => <th key={name} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {diff.rows.map((change) => <ChangedRow key={change.key.map(textOf).join('\u0000')} change={change} columns={diff.columns} />)}
        </tbody>
      </table>
    </div>
  );
}

function ChangedRow({ change, columns }: { change: RowChange<Row>; columns: string[] }) {
  const [sign, word] = SIGNS[change.op];
  return (
    <tr class={`op-${change.op}`}>
      <th scope="row" class="sign" title={word}><span aria-hidden="true">{sign}</span><span class="hidden-text">{word}</span></th>
      {columns.map((name) => <td key={name}><ChangedCell change={change} name={name} /></td>)}
    </tr>
  );
}

function ChangedCell({ change: { op, before, after }, name }: { change: RowChange<Row>; name: string }) {
  if (op === 'insert') return <ins class="side"><Value value={after?.[name]} /></ins>;
  if (op === 'delete') return <del class="side"><Value value={before?.[name]} /></del>;
  if (sameValue(before?.[name], after?.[name])) return <span class="side same"><Value value={after?.[name]} /></span>;
  const [was, is] = [textOf(before?.[name]), textOf(after?.[name])];
  if (kindOf(before?.[name]) === 'text' && kindOf(after?.[name]) === 'text' && was.length + is.length > LONG) return <LongCell was={was} is={is} />;
  return (
    <div class="sides">
      <del class="side"><span class="hidden-text">was </span><Value value={before?.[name]} /></del>
      <ins class="side"><span class="hidden-text">is now </span><Value value={after?.[name]} /></ins>
    </div>
  );
}

/** Long texts stand one above the other, with the words that differ marked. */
function LongCell({ was, is }: { was: string; is: string }) {
  const [before, after] = marked(was, is);
  return (
    <div class="sides sides-long">
      <del class="side"><span class="hidden-text">was </span><Marked pieces={before} /></del>
      <ins class="side"><span class="hidden-text">is now </span><Marked pieces={after} /></ins>
    </div>
  );
}

function Marked({ pieces }: { pieces: Piece[] }) {
  return <>{pieces.map(({ text, changed }, at) => (changed ? <mark key={at}>{text}</mark> : text))}</>;
}

function Value({ value }: { value: SqlValue | undefined }) {
  const text = textOf(value);
  return <span class={`value value-${kindOf(value)}${text.length <= SHORT ? ' short' : ''}`}>{text}</span>;
}
