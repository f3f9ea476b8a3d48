import { shortHash } from '../lib/words';
import { branches, tags } from '../state/branches';
import { branch } from '../state/session';
import { asOf, showAsOf, versions } from '../state/tables';

/** Which version's tables are shown. */
export function AsOf() {
  const now = asOf.value;
  const others = branches.value.value.filter(({ name }) => name !== branch.value);
  const commits = versions.value.value;
  const known = !now || commits.some(({ hash }) => hash === now.ref) || [...others, ...tags.value.value].some(({ name }) => name === now.ref);
  return (
    <label class="field as-of">
      <span>As of</span>
      <select
        value={now?.ref ?? ''}
        onChange={({ currentTarget: select }) => showAsOf(select.value || null, select.selectedOptions[0]?.textContent ?? select.value)}
      >
        <option value="">now</option>
        {!known && <option value={now.ref}>{now.title}</option>}
        {tags.value.value.length > 0 && <optgroup label="Tags">{tags.value.value.map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>}
        {others.length > 0 && <optgroup label="Other branches">{others.map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>}
        <optgroup label={`Commits of ${branch.value}`}>
          {commits.map(({ hash, message }) => <option key={hash} value={hash}>{shortHash(hash)} {message.split('\n', 1)[0]}</option>)}
        </optgroup>
      </select>
    </label>
  );
}
