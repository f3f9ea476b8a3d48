import { databaseName } from '../state/session';
import { BranchSelect } from './branch-select';
import { StorageState } from './storage-state';

export function Header() {
  return (
    <header class="top">
      <h1 class="brand">
        <img src="icon.svg" alt="" width="24" height="24" />
        <span>Prollite</span> <span class="brand-more">playground</span>
      </h1>
      <p class="place">
        <span class="database" title="Database">{databaseName}</span>
        <span class="slash" aria-hidden="true">/</span>
        <BranchSelect />
      </p>
      <StorageState />
    </header>
  );
}
