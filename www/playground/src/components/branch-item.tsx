import { useSignal } from '@preact/signals';
import type { Branch } from 'prollite';
import { shortHash } from '../lib/words';
import { doing } from '../state/action';
import { deleteBranch, mergeBranch, switchTo } from '../state/branches';
import { merge } from '../state/merge';
import { branch } from '../state/session';
import { ConfirmButton } from './confirm-button';
import { MergePreview } from './merge-preview';

export function BranchItem({ one: { name, hash, dirty } }: { one: Branch }) {
  const current = name === branch.value;
  const busy = doing.value !== null;
  const previewed = useSignal(false);
  return (
    <li class="branch-item card" aria-current={current ? 'true' : undefined}>
      <div class="branch-name">
        <span aria-hidden="true">{current ? '●' : '○'}</span>
        <strong>{name}</strong>
        {current && <span class="ref ref-current">current</span>}
        <code>{shortHash(hash)}</code>
        {dirty && <span class="muted">uncommitted changes</span>}
      </div>
      {!current && (
        <div class="buttons">
          <button type="button" disabled={busy} onClick={() => void switchTo(name)}>
            Switch<span class="hidden-text"> to {name}</span>
          </button>
          <button type="button" disabled={busy || merge.value.value.merging} onClick={() => void mergeBranch(name)}>
            Merge <span class="hidden-text">{name} </span>into {branch.value}
          </button>
          <button type="button" aria-expanded={previewed.value} onClick={() => { previewed.value = !previewed.value; }}>
            Preview<span class="hidden-text"> the merge of {name}</span>
          </button>
          <ConfirmButton label="Delete" question={`Delete ${name}?`} confirm="Delete" disabled={busy} onConfirm={() => void deleteBranch(name)} />
        </div>
      )}
      {!current && previewed.value && <MergePreview from={name} />}
    </li>
  );
}
