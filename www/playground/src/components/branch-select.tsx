import { doing } from '../state/action';
import { branches, switchTo } from '../state/branches';
import { branch } from '../state/session';

export function BranchSelect() {
  const names = branches.value.value.map(({ name }) => name);
  if (!names.includes(branch.value)) names.unshift(branch.value);
  return (
    <label class="branch-select">
      <span class="hidden-text">Branch</span>
      <select
        value={branch.value}
        disabled={doing.value !== null}
        onChange={({ currentTarget: select }) => void switchTo(select.value).then((done) => { if (!done) select.value = branch.value; })}
      >
        {names.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
    </label>
  );
}
