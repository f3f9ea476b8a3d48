import { author, authorEmail, authorName } from '../state/author';

/** Who commits, kept in this browser. */
export function AuthorFields() {
  return (
    <details class="author">
      <summary>{author.value ? `as ${author.value.name}` : 'Sign with your name'}</summary>
      <div class="author-fields">
        <label class="field">
          <span>Name</span>
          <input autocomplete="name" value={authorName.value} onInput={(event) => { authorName.value = event.currentTarget.value; }} />
        </label>
        <label class="field">
          <span>Email</span>
          <input type="email" autocomplete="email" value={authorEmail.value} onInput={(event) => { authorEmail.value = event.currentTarget.value; }} />
        </label>
      </div>
    </details>
  );
}
