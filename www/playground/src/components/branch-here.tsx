import { NewBranch } from './new-branch';

/** A branch that starts at an old commit: time travel that one can write on. */
export function BranchHere({ hash }: { hash: string }) {
  return (
    <details class="branch-here">
      <summary>Branch from here</summary>
      <NewBranch from={hash} />
    </details>
  );
}
