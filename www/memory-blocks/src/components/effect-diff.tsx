import { differences } from '../domain';
import { count } from '../lib/words';
import { marked, type Piece } from '../lib/marks';

const PLACES = 20;

/** What comes and what goes, place by place, in little room. */
export function EffectDiff({ before, after }: { before: string; after: string }) {
  const places = differences(before, after);
  if (places.length === 0) return <p class="effect-diff muted">The text is the same.</p>;
  return (
    <div class="effect-diff">
      {places.slice(0, PLACES).map(({ a, b }, at) => {
        const [gone, come] = marked(before.slice(a.from, a.to).trim(), after.slice(b.from, b.to).trim());
        return <p key={at}>{a.to > a.from && <del><Marks pieces={gone} /></del>} {b.to > b.from && <ins><Marks pieces={come} /></ins>}</p>;
      })}
      {places.length > PLACES && <p class="muted">and {count(places.length - PLACES, 'place')} more</p>}
    </div>
  );
}

function Marks({ pieces }: { pieces: Piece[] }) {
  return <>{pieces.map(({ text, changed }, at) => (changed ? <mark key={at}>{text}</mark> : text))}</>;
}
