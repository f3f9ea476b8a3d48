import { useEffect, useRef, useState } from 'preact/hooks';
import type { Choice, Hunk } from '../domain';
import { marked, onlySpace, visible, type Piece } from '../lib/marks';
import { number } from '../lib/words';
import { choose, cursor } from '../state/review';

const LONG = 3000;

/** One place that the proposal would change: what goes, what comes, and the choice. */
export function HunkCard({ hunk, at, all, lines, choice, active }: { hunk: Hunk; at: number; all: number; lines: readonly string[]; choice: Choice | undefined; active: boolean }) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) item.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const name = `Change ${at + 1} of ${all}`;
  return (
    <li class="hunk card" ref={item} data-active={active} data-choice={choice ?? 'open'} aria-current={active ? 'true' : undefined} onClick={(event) => {
      // A page that is drawn anew between a radio's click and its change loses the change: `choose` sets the cursor.
      if (!(event.target as Element).closest('.choice')) cursor.value = at;
    }}>
      <div class="hunk-head">
        <h3>{name} <span class="muted">line {number(hunk.line + 1)}</span>{hunk.conflict && <span class="tag tag-conflict">changed on both sides</span>}</h3>
        <fieldset class="choice">
          <legend class="hidden-text">{name}</legend>
          <Option at={at} choice="proposed" now={choice} words={hunk.conflict ? 'Theirs' : 'Take'} />
          <Option at={at} choice="now" now={choice} words={hunk.conflict ? 'Mine' : 'Leave'} />
          {hunk.conflict && <Option at={at} choice="both" now={choice} words="Both" />}
        </fieldset>
      </div>
      {hunk.conflict ? <Three hunk={hunk} /> : <Two hunk={hunk} lines={lines} />}
    </li>
  );
}

function Option({ at, choice, now, words }: { at: number; choice: Choice; now: Choice | undefined; words: string }) {
  return (
    <label class="option">
      <input type="radio" name={`hunk-${at}`} checked={now === choice} onChange={() => choose(at, choice)} />
      <span>{words}</span>
    </label>
  );
}

function Two({ hunk, lines }: { hunk: Hunk; lines: readonly string[] }) {
  const [now, proposed] = [hunk.now.join('\n'), hunk.proposed.join('\n')];
  const space = hunk.now.length > 0 && hunk.proposed.length > 0 && onlySpace(now, proposed);
  const [before, after] = space ? [[{ text: visible(now), changed: false }], [{ text: visible(proposed), changed: false }]] : marked(now, proposed);
  return (
    <div class="diff">
      {space && <p class="space-note">Only blanks, tabs or line breaks differ.</p>}
      <Context text={nearest(lines, hunk.line - 1, -1)} />
      {hunk.now.length > 0 && <Side pieces={before} kind="removed" />}
      {hunk.proposed.length > 0 && <Side pieces={after} kind="added" />}
      <Context text={nearest(lines, hunk.line + hunk.now.length, 1)} />
    </div>
  );
}

function Three({ hunk }: { hunk: Hunk }) {
  const base = hunk.base.join('\n');
  const [, mine] = marked(base, hunk.now.join('\n'));
  const [, theirs] = marked(base, hunk.proposed.join('\n'));
  return (
    <div class="three">
      <div><h4>When it was proposed</h4><Text pieces={[{ text: base, changed: false }]} /></div>
      <div class="mine"><h4>Mine, now</h4><Text pieces={mine} /></div>
      <div class="theirs"><h4>Theirs, proposed</h4><Text pieces={theirs} /></div>
    </div>
  );
}

function Side({ pieces, kind }: { pieces: Piece[]; kind: 'added' | 'removed' }) {
  const Tag = kind === 'added' ? 'ins' : 'del';
  return (
    <div class={`side ${kind}`}>
      <span class="sign" aria-hidden="true">{kind === 'added' ? '+' : '−'}</span>
      <Tag><span class="hidden-text">{kind}: </span><Text pieces={pieces} /></Tag>
    </div>
  );
}

/** Lines without words are shown as signs. */
function shownPieces(pieces: Piece[]): Piece[] {
  const whole = pieces.map(({ text }) => text).join('');
  return whole.trim() === '' ? [{ text: `⏎${whole.replace(/\r/g, '').replaceAll('\n', '⏎')}`, changed: false }] : pieces;
}

function Text({ pieces }: { pieces: Piece[] }) {
  const [all, setAll] = useState(false);
  const length = pieces.reduce((sum, { text }) => sum + text.length, 0);
  if (length > LONG && !all) {
    const text = pieces.map((piece) => piece.text).join('').slice(0, LONG);
    return <span class="words">{text}… <button type="button" class="link" onClick={() => setAll(true)}>Show all {number(length)} characters</button></span>;
  }
  return <span class="words">{shownPieces(pieces).map(({ text, changed }, at) => (changed ? <mark key={at}>{text}</mark> : text))}</span>;
}

function Context({ text }: { text: string }) {
  return text.trim() === '' ? null : <p class="context">{text.length > 300 ? `${text.slice(0, 300)}…` : text}</p>;
}

/** The nearest line with words, so that one sees where one is. */
function nearest(lines: readonly string[], from: number, step: 1 | -1): string {
  return [lines[from], lines[from + step]].find((line) => line !== undefined && line.trim() !== '') ?? '';
}
