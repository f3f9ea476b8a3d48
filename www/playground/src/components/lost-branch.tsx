import { DbError } from 'prollite';
import { branch, leaveForMain } from '../state/session';
import { tables } from '../state/tables';

/** Another tab may delete the branch that this one stands on. */
export function LostBranch() {
  const reason = tables.error.value;
  if (!(reason instanceof DbError) || reason.code !== 'REF_NOT_FOUND') return null;
  return (
    <div class="merge-banner" role="alert">
      <p>The branch {branch.value} was deleted elsewhere.</p>
      <button type="button" onClick={() => void leaveForMain()}>Go to main</button>
    </div>
  );
}
