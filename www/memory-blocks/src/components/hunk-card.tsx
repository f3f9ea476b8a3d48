import { useEffect, useRef, useState } from 'preact/hooks';
import type { Choice, Hunk } from '../domain';
import { marked, onlySpace, visible, type Piece } from '../lib/marks';
import { number } from '../lib/words';
import { choose, cursor } from '../state/review';

const LONG = 3000;

/** One place that the proposal would change: what goes, what comes, and the choice. */
export function HunkCard({ hunk, at, all, text, choice, active }: { hunk: Hunk; at: number; all: number; text: string; choice: Choice | undefined; active: boolean }) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) item.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const line = text.slice(0, hunk.at.from).split('\n').length;
  const name = `Change ${at + 1} of ${all}`;
  return (
    <li class="hunk card" ref={item} data-active={active} data-choice={choice ?? 'open'} aria-current={active ? 'true' : undefined} onClick={(event) => {
      // A page that is drawn anew between a radio's click and its change loses the change: `choose` sets the cursor.
      if (!(event.target as Element).closest('.choice')) cursor.value = at;
    }}>
      <div class="hunk-head">
        <h3>{name} <span class="muted">line {number(line)}</span>{hunk.conflict && <span class="tag tag-conflict">changed on both sides</span>}</h3>
        <fieldset class="choice">
          <legend class="hidden-text">{name}</legend>
          <Option at={at} choice="proposed" now={choice} words={hunk.conflict ? 'Theirs' : 'Take'} />
          <Option at={at} choice="now" now={choice} words={hunk.conflict ? 'Mine' : 'Leave'} />
          {hunk.conflict && <Option at={at} choice="both" now={choice} words="Both" />}
        </fieldset>
      </div>
      {hunk.conflict ? <Three hunk={hunk} /> : <Two hunk={hunk} text={text} />}
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

function Two({ hunk, text }: { hunk: Hunk; text: string }) {
  const space = hunk.now !== '' && hunk.proposed !== '' && onlySpace(hunk.now, hunk.proposed);
  const [before, after] = space ? [[{ text: visible(hunk.now), changed: false }], [{ text: visible(hunk.proposed), changed: false }]] : marked(hunk.now, hunk.proposed);
  return (
    <div class="diff">
      {space && <p class="space-note">Only blanks, tabs or line breaks differ.</p>}
      <Context text={lineBefore(text, hunk.at.from)} />
      {hunk.now !== '' && <Side pieces={before} kind="removed" />}
      {hunk.proposed !== '' && <Side pieces={after} kind="added" />}
      <Context text={lineAfter(text, hunk.at.to)} />
    </div>
  );
}

function Three({ hunk }: { hunk: Hunk }) {
  const [, mine] = marked(hunk.base, hunk.now);
  const [, theirs] = marked(hunk.base, hunk.proposed);
  return (
    <div class="three">
      <div><h4>When it was proposed</h4><Text pieces={[{ text: hunk.base, changed: false }]} /></div>
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

/** Line breaks at the ends of a place are how it is cut, not what it says. */
function trimmed(pieces: Piece[]): Piece[] {
  const whole = pieces.map(({ text }) => text).join('');
  if (whole.trim() === '') return [{ text: whole.replace(/\r?\n/g, '⏎ ').trim() || '⏎', changed: false }];
  return pieces.map((piece, at) => {
    let { text } = piece;
    if (at === 0) text = text.replace(/^(\r?\n)+/, '');
    if (at === pieces.length - 1) text = text.replace(/(\r?\n)+$/, '');
    return { ...piece, text };
  });
}

function Text({ pieces }: { pieces: Piece[] }) {
  const [all, setAll] = useState(false);
  const length = pieces.reduce((sum, { text }) => sum + text.length, 0);
  if (length === 0) return <span class="muted">nothing</span>;
  if (length > LONG && !all) {
    const text = pieces.map((piece) => piece.text).join('').slice(0, LONG);
    return <span class="words">{text}… <button type="button" class="link" onClick={() => setAll(true)}>Show all {number(length)} characters</button></span>;
  }
  return <span class="words">{trimmed(pieces).map(({ text, changed }, at) => (changed ? <mark key={at}>{text}</mark> : text))}</span>;
}

function Context({ text }: { text: string }) {
  return text.trim() === '' ? null : <p class="context">{text.length > 300 ? `${text.slice(0, 300)}…` : text}</p>;
}

/** The nearest line with words, so that one sees where one is. */
function lineBefore(text: string, at: number): string {
  const lines = text.slice(Math.max(0, at - 2000), at).replace(/\r?\n$/, '').split('\n');
  return lines.reverse().slice(0, 2).find((line) => line.trim() !== '') ?? '';
}

function lineAfter(text: string, at: number): string {
  return text.slice(at, at + 2000).replace(/^\r?\n/, '').split('\n').slice(0, 2).find((line) => line.trim() !== '') ?? '';
}
