import { doing } from '../state/action';
import { loadSample } from '../state/samples';
import { tables } from '../state/tables';
import { samples } from '../samples';

export function Samples() {
  const present = new Set(tables.value.value.map(({ name }) => name.toLowerCase()));
  return (
    <section aria-labelledby="samples-title">
      <h2 id="samples-title">Sample data</h2>
      <ul class="sample-list">
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
