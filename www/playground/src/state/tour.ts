// The guided sample: five steps in a database of its own. Each does one thing and shows what came of it.
import { computed } from '@preact/signals';
import { deleteDb, type Db } from 'prollite';
import { stored } from '../lib/stored';
import { act } from './action';
import { author } from './author';
import { mergeBranch } from './branches';
import { run } from './console';
import { merge } from './merge';
import { databaseName } from './session';
import { goToTables } from './tables';
import { view } from './view';

const DATABASE = 'guided-sample';
const FIRST = 'Three notes';

export interface Step {
  title: string;
  about: string;
  action: string;
  /** What came of it. */
  after: string;
  take(): Promise<boolean>;
  /** What keeps one from the next step. */
  waits?(): string | null;
}

const NOTES = `CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);
  INSERT INTO notes VALUES
    (1, 'Groceries', 'Milk, bread, two lemons.'),
    (2, 'Essay', 'The first draft is done.'),
    (3, 'Call Ben', 'He is back on Monday.');`;

function commit(db: Db, message: string) {
  return db.vc.commit({ message, all: true, author: author.peek() });
}

export const STEPS: readonly Step[] = [
  {
    title: 'Edit, and see the difference',
    about: 'A small table of notes is made and committed. Then one of its cells changes.',
    action: 'Make the notes and change one',
    after: 'Changes compares with the last commit, cell by cell: the old words are struck, the new ones stand beside them.',
    take: () => act('The first step', async (db) => {
      await db.exec(NOTES);
      await commit(db, FIRST);
      await db.query("UPDATE notes SET body = 'Milk, bread, three lemons.' WHERE id = 1");
      view.value = 'changes';
      return 'One cell of notes differs from the last commit.';
    }),
  },
  {
    title: 'Commit',
    about: 'A commit is a version of the whole database, with a message and an author. It stays, whatever comes after it.',
    action: 'Commit the change',
    after: 'History has both commits. Choose one to see what it changed; a branch can begin at any of them.',
    take: () => act('The second step', async (db) => {
      const { hash } = await commit(db, 'One more lemon');
      view.value = 'history';
      return `Committed as ${hash.slice(0, 8)}.`;
    }),
  },
  {
    title: 'Branch',
    about: 'Two people work on the same notes: one on main, one on a branch called draft.',
    action: 'Let both change the notes',
    after: 'Both have changed the essay’s text, each in other words. draft has a new note, and main has renamed one.',
    take: () => act('The third step', async (db) => {
      await db.vc.branch('draft');
      await db.vc.checkout('draft');
      await db.exec(`UPDATE notes SET body = 'The first draft is done, and read twice.' WHERE id = 2;
        INSERT INTO notes VALUES (4, 'Tickets', 'Two, for Friday.')`);
      await commit(db, 'Draft: the essay was read');
      await db.vc.checkout('main');
      await db.exec(`UPDATE notes SET body = 'The second draft has begun.' WHERE id = 2;
        UPDATE notes SET title = 'Call Ben back' WHERE id = 3`);
      await commit(db, 'Main: the second draft');
      view.value = 'branches';
      return 'main and draft have each a commit that the other lacks.';
    }),
  },
  {
    title: 'Merge, and decide',
    about: 'A merge goes cell by cell: what one side alone has changed is taken. A cell that both have changed is yours to decide.',
    action: 'Merge draft into main',
    after: 'Decide below: a side, what was there before both, or words of your own. Then commit the merge.',
    take: () => mergeBranch('draft'),
    waits: () => (merge.value.value.merging ? 'The merge waits to be decided and committed.' : null),
  },
  {
    title: 'Travel in time',
    about: 'Every version can be asked, with the same SQL, without leaving the present.',
    action: 'Ask the first version',
    after: 'These are the notes as they were first. Tables shows that version until you choose “now”; any commit in History has the same button.',
    take: () => act('The last step', async (db) => {
      for await (const { hash, message } of db.vc.log()) {
        if (message !== FIRST) continue;
        goToTables(hash, `${hash.slice(0, 8)} ${FIRST}`);
        queueMicrotask(() => void run(`SELECT * FROM notes AS OF '${hash}' ORDER BY id;`, null));
      }
      return undefined;
    }),
  },
];

/** `⟨step⟩`, and `+` when it was taken. */
const place = stored(`tour:${databaseName}`, '0');

export const isTour = databaseName === DATABASE;
export const step = computed(() => Math.min(Number.parseInt(place.value, 10) || 0, STEPS.length));
export const taken = computed(() => place.value.endsWith('+'));

export async function take(): Promise<void> {
  const at = step.peek();
  if (await STEPS[at]?.take()) place.value = `${at}+`;
}

export function next(): void {
  place.value = String(step.peek() + 1);
}

/** From the beginning, whatever was left of the last time. */
export async function begin(): Promise<void> {
  await act('Beginning the guided sample', async (db) => {
    if (isTour) await db.close();
    await deleteDb(DATABASE);
    try {
      localStorage.removeItem(`prollite-playground:tour:${DATABASE}`);
    } catch {
      // Refused: then nothing was kept either.
    }
    place.value = '0';
    location.assign(`?db=${DATABASE}`);
    return undefined;
  });
}
