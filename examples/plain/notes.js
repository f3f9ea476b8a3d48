import { open } from 'prollite';

const db = await open('notes-example');
await db.exec('CREATE TABLE IF NOT EXISTS notes (id UUID PRIMARY KEY, text TEXT NOT NULL, added TIMESTAMP DEFAULT CURRENT_TIMESTAMP)');

const byId = (id) => document.getElementById(id);

async function show() {
  const notes = await db.sql`SELECT text FROM notes ORDER BY added, id`;
  byId('notes').replaceChildren(...notes.map(({ text }) => item(text)));
  const commits = [];
  for await (const { hash, message } of db.vc.log({ limit: 20 })) commits.push(item(`${hash.slice(0, 8)} ${message}`));
  byId('log').replaceChildren(...commits);
}

function item(text) {
  const li = document.createElement('li');
  li.textContent = text;
  return li;
}

/** Runs `work` on submit with the form's one field, and says what went wrong. */
function onSubmit(form, field, work) {
  byId(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      byId('said').textContent = (await work(byId(field).value)) ?? '';
      event.target.reset();
    } catch (error) {
      byId('said').textContent = error.message;
    }
  });
}

onSubmit('add', 'text', async (text) => {
  await db.query('INSERT INTO notes (id, text) VALUES (?, ?)', [crypto.randomUUID(), text]);
});

onSubmit('commit', 'message', async (message) => {
  await db.vc.add();
  const { hash } = await db.vc.commit({ message });
  return `Committed as ${hash.slice(0, 8)}.`;
});

// Fires for this tab's changes and for every other tab's.
db.on('change', show);
db.on('ref', show);
await show();
