import { count } from '../lib/words';
import { merge } from '../state/merge';
import { view } from '../state/view';

/** A merge that waits is said on every view but the one that shows it. */
export function MergeBanner() {
  const { merging, source, conflicts } = merge.value.value;
  if (!merging || view.value === 'branches') return null;
  return (
    <div class="merge-banner">
      <p>Merging {source}: {conflicts.length > 0 ? `${count(conflicts.length, 'conflict')} to decide` : 'ready to commit'}.</p>
      <button type="button" onClick={() => { view.value = 'branches'; }}>Go to the merge</button>
    </div>
  );
}
