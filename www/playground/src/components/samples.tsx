import { doing } from '../state/action';
import { loadSample } from '../state/samples';
import { db } from '../state/session';
import { tables } from '../state/tables';
import { begin, isTour } from '../state/tour';
import { samples } from '../samples';

export function Samples() {
  const present = new Set(tables.value.value.map(({ name }) => name.toLowerCase()));
  return (
    <section aria-labelledby="samples-title">
      <h2 id="samples-title">Sample data</h2>
      <ul class="sample-list">
        {!isTour && (
          <li>
            <div>
              <strong>Guided sample</strong>
              <p>Edit, commit, branch, merge and look back, in five steps.</p>
            </div>
            <button type="button" disabled={doing.value !== null || !db.value} onClick={() => void begin()}>Begin<span class="hidden-text"> the guided sample</span></button>
          </li>
        )}
        {samples.map((sample) => {
          const loaded = sample.tables.every((table) => present.has(table));
          return (
            <li key={sample.name}>
              <div>
                <strong>{sample.title}</strong>
                <p>{sample.about}</p>
              </div>
              <button type="button" disabled={loaded || doing.value !== null} onClick={() => void loadSample(sample)}>
                {loaded ? 'Loaded' : 'Load'}<span class="hidden-text"> {sample.title}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
