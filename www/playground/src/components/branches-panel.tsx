import { branches } from '../state/branches';
import { merge } from '../state/merge';
import { BranchItem } from './branch-item';
import { ErrorNote } from './error-note';
import { MergeInProgress } from './merge-in-progress';
import { NewBranch } from './new-branch';

export function BranchesPanel() {
  const failure = merge.error.value ?? branches.error.value;
  return (
    <>
      {failure !== null && <ErrorNote title="The branches cannot be read" reason={failure} />}
      {merge.value.value.merging && <MergeInProgress state={merge.value.value} />}
      <section class="branches" aria-labelledby="branches-title">
        <h2 id="branches-title">Branches</h2>
        <ul class="branch-list">
          {branches.value.value.map((one) => <BranchItem key={one.name} one={one} />)}
        </ul>
        <NewBranch />
      </section>
    </>
  );
}
