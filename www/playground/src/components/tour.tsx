import { doing } from '../state/action';
import { begin, isTour, next, step, STEPS, take, taken } from '../state/tour';
import { db } from '../state/session';
import { ConfirmButton } from './confirm-button';

/** The guided sample's step, above whatever it shows. */
export function Tour() {
  if (!isTour) return null;
  const now = STEPS[step.value];
  const waits = taken.value ? now?.waits?.() ?? null : null;
  const busy = doing.value !== null || !db.value;
  return (
    <section class="tour" aria-labelledby="tour-title">
      {now ? (
        <>
          <p class="tour-count">Step {step.value + 1} of {STEPS.length}</p>
          <h2 id="tour-title">{now.title}</h2>
          <p aria-live="polite">{taken.value ? now.after : now.about}</p>
          {waits && <p class="muted">{waits}</p>}
          <div class="buttons">
            <button type="button" class="primary" disabled={busy || waits !== null} onClick={() => (taken.value ? next() : void take())}>
              {!taken.value ? now.action : step.value + 1 < STEPS.length ? 'Next step' : 'Finish'}
            </button>
            <a href="?">Leave the guided sample</a>
          </div>
        </>
      ) : (
        <>
          <h2 id="tour-title">That was all of it</h2>
          <p>Edit, compare, commit, branch, merge, decide, look back: with SQL as well, and with every database here.</p>
          <div class="buttons">
            <a href="?">Go to the playground</a>
            <ConfirmButton label="Begin again" question="Begin with an empty sample?" confirm="Begin again" disabled={busy} onConfirm={() => void begin()} />
          </div>
        </>
      )}
    </section>
  );
}
