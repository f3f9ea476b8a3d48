// Two people change the same table on two branches; the merge keeps both, cell by cell.
import { open } from 'prollite';

const db = await open('notes', { storage: 'memory', author: { name: 'Ada', email: 'ada@example.org' } });

await db.exec(`
  CREATE TABLE notes (id INT PRIMARY KEY, title TEXT NOT NULL, body TEXT);
  INSERT INTO notes VALUES (1, 'Groceries', 'Milk'), (2, 'Books', 'Noether: a biography');
`);
await db.vc.add();
await db.vc.commit({ message: 'First notes' });

// A branch is another handle on the same database, with a HEAD of its own.
await db.vc.branch('ben');
const ben = await db.connect('ben');
await ben.query('UPDATE notes SET title = ? WHERE id = ?', ['Shopping', 1]);
await ben.vc.commit({ message: 'A better title', all: true, author: { name: 'Ben' } });

await db.query('UPDATE notes SET body = ? WHERE id = ?', ['Milk, bread', 1]);
await db.vc.commit({ message: 'Bread too', all: true });

for await (const change of db.vc.diff('notes', 'main', 'ben')) {
  console.log('main and ben differ:', change.before, change.after);
}

const merged = await db.vc.merge('ben', { message: "Merge Ben's title" });
console.log('conflicts:', merged.conflicts);
console.log(await db.sql`SELECT * FROM notes ORDER BY id`);

for await (const { hash, author, message } of db.vc.log()) console.log(hash.slice(0, 8), author.name, '|', message);

await ben.close();
await db.close();
