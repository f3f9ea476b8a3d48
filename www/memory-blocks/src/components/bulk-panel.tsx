import { sentence } from '../domain';
import { capital, count } from '../lib/words';
import { doing } from '../state/act';
import { approveBulk, bulk, planAll, queue } from '../state/review';
import { EffectDiff } from './effect-diff';

/** Approving several: the effect first, then the word. */
export function BulkPanel() {
  const plan = bulk.value;
  const list = queue.value;
  if (!plan) {
    if (list.length < 2) return null;
    return <button type="button" class="bulk-open" disabled={doing.value !== null} onClick={() => void planAll(list)}>Approve several…</button>;
  }
  return (
    <section class="bulk card" aria-label="Approve several">
      <h2>{plan.approvals.length === 0 ? 'None can be approved at once' : `${count(plan.approvals.length, 'proposal')} together`}</h2>
      <ul class="effects">
        {plan.effects.map(({ label, before, after, count: n }) => (
          <li key={label}>
            <details>
              <summary><strong>{label}</strong> <span class="muted">{count(n, 'proposal')}</span></summary>
              <EffectDiff before={before} after={after} />
            </details>
          </li>
        ))}
      </ul>
      {plan.skipped.length > 0 && (
        <details open={plan.skipped.length <= 4}>
          <summary>{count(plan.skipped.length, 'stays', 'stay')} for you to look at</summary>
          <ul class="skipped">{plan.skipped.map(({ proposal, why }) => <li key={proposal.id}>{capital(sentence(proposal))}: <span class="muted">{why}</span></li>)}</ul>
        </details>
      )}
      <div class="buttons">
        {plan.approvals.length > 0 && <button type="button" class="primary" disabled={doing.value !== null} onClick={() => void approveBulk()}>Approve {plan.approvals.length}</button>}
        <button type="button" onClick={() => { bulk.value = null; }}>Not now</button>
      </div>
    </section>
  );
}
