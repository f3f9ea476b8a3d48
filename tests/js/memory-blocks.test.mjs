// The memory blocks without a screen: operations byte by byte, review, undo, and what must never be lost.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { commits, domain, newDesk, propose, refused } from './memory-blocks.mjs';

const {
  applyOperation, approvalOf, approve, approveAll, approveGroup, answer, blame, bodyAt, changeSettings, checkLimit, codePoints, compose, createBlock,
  decisionOf, deleteBlock, differences, expireDue, exportAll, exportActivity, findByLabel, findProposal, forgetPast, hashText, importAll, linesOf, listActivity,
  listBlocks, listDecided, listPending, listRules, addRule, switchRule, merge3, planBulk, preview, previewOf, reject, rejectMany, restore, saveBody,
  finishSync, fromFile, incoming, leaveSync, proposeFiles, pullFromLetta, pushToLetta, settle, splitGroup, stale, toFiles, toLetta, submit, takeIn, undo, versionsOf, blockAgent, PROTOCOL,
} = domain;

const CASES = Number(process.env.PROLLITE_CASES ?? 60);
const body = async (desk, label = 'student') => (await findByLabel(desk.db, desk.userId, label))?.body;
const approveId = async (desk, id, change = (x) => x) => approve(desk, change(await approvalOf(await previewOf(desk, id))));

// ---- 1: operations ----

const TABLE = [
  ['append joins with a line break', 'a', { operation: 'append', value: 'b' }, 'a\nb'],
  ['append to an empty body joins without one', '', { operation: 'append', value: 'b' }, 'b'],
  ['append uses the breaks that are there', 'a\r\nb', { operation: 'append', value: 'c' }, 'a\r\nb\r\nc'],
  ['append keeps tabs and blanks at the ends', '\ta ', { operation: 'append', value: '\tb\t' }, '\ta \n\tb\t'],
  ['append after a body that ends with a break', 'a\n', { operation: 'append', value: 'b' }, 'a\n\nb'],
  ['replace one match', 'one\ttwo\nthree', { operation: 'replace', anchor: '\ttwo', value: '\t2' }, 'one\t2\nthree'],
  ['replace over CRLF', 'a\r\nb\r\nc', { operation: 'replace', anchor: 'a\r\nb', value: 'x' }, 'x\r\nc'],
  ['replace inside a family of emoji', '👩‍👩‍👧 and 👩‍👩‍👦', { operation: 'replace', anchor: '👧', value: '👶' }, '👩‍👩‍👶 and 👩‍👩‍👦'],
  ['replace takes $& and $1 as they are', 'price: 5', { operation: 'replace', anchor: '5', value: '$& $1 $$' }, 'price: $& $1 $$'],
  ['replace with nothing', 'abc', { operation: 'replace', anchor: 'b', value: '' }, 'ac'],
  ['replace_all', 'a.a.a', { operation: 'replace_all', anchor: 'a', value: 'aa' }, 'aa.aa.aa'],
  ['replace_all of a text that is no pattern', 'a.b+c.b+', { operation: 'replace_all', anchor: '.b+', value: '*' }, 'a*c*'],
  ['full_replace', 'anything', { operation: 'full_replace', value: ' \n' }, ' \n'],
  ['insert at the first line', 'b\nc', { operation: 'insert', line: 1, value: 'a' }, 'a\nb\nc'],
  ['insert between, CRLF', 'a\r\nc', { operation: 'insert', line: 2, value: 'b' }, 'a\r\nb\r\nc'],
  ['insert after the last line', 'a\nb', { operation: 'insert', line: 3, value: 'c' }, 'a\nb\nc'],
  ['insert into an empty body', '', { operation: 'insert', line: 1, value: 'a' }, 'a'],
];
for (const [name, before, operation, after] of TABLE) {
  test(`1 operations: ${name}`, async () => {
    assert.equal(applyOperation(before, operation), after);
    // And the same bytes by way of the database.
    const desk = await newDesk();
    await createBlock(desk, { label: 'student', body: before });
    await approveId(desk, await propose(desk, { block: 'student', ...operation }));
    assert.equal(await body(desk), after);
    await desk.db.close();
  });
}

const REFUSED = [
  ['a missing anchor', 'abc', { operation: 'replace', anchor: 'x', value: 'y' }, 'anchor_missing'],
  ['two matches', 'abcabc', { operation: 'replace', anchor: 'abc', value: 'y' }, 'anchor_ambiguous'],
  ['matches that overlap', 'aaa', { operation: 'replace', anchor: 'aa', value: 'y' }, 'anchor_ambiguous'],
  ['an empty anchor', 'abc', { operation: 'replace', anchor: '', value: 'y' }, 'malformed'],
  ['no value', 'abc', { operation: 'append' }, 'malformed'],
  ['a line past the end', 'a\nb', { operation: 'insert', line: 4, value: 'y' }, 'line_out_of_range'],
  ['line 0', 'a', { operation: 'insert', line: 0, value: 'y' }, 'line_out_of_range'],
  ['half a line', 'a', { operation: 'insert', line: 1.5, value: 'y' }, 'line_out_of_range'],
  ['an unknown operation', 'a', { operation: 'prepend', value: 'y' }, 'unknown_operation'],
];
for (const [name, before, operation, code] of REFUSED) {
  test(`1 operations: refused: ${name}`, () => refused(code, async () => applyOperation(before, operation)));
}

test('1 operations: limits count code points, and one over is refused on every path', async () => {
  assert.equal(codePoints('a😀é́\u{1F1E9}\u{1F1EA}'), [...'a😀é́\u{1F1E9}\u{1F1EA}'].length);
  checkLimit('😀😀😀', 3);
  await refused('over_limit', async () => checkLimit('😀😀😀x', 3));
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: '😀😀', limit: 4 });
  await propose(desk, { block: 'student', operation: 'append', value: '😀' });
  await refused('over_limit', () => propose(desk, { block: 'student', operation: 'append', value: '😀😀' }));
  const { hash } = await findByLabel(desk.db, 'ada', 'student');
  await refused('over_limit', () => saveBody(desk, id, '12345', hash));
  await refused('over_limit', () => changeSettings(desk, id, { limit: 1 }));
  // Not by SQL either: the table itself holds it.
  await assert.rejects(desk.db.query("UPDATE memory_blocks SET body = '12345'"), { code: 'CONSTRAINT' });
});

test('a read-only block stays as it is on every path', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'a' });
  const pending = await propose(desk, { block: 'student', operation: 'append', value: 'b' });
  await changeSettings(desk, id, { readOnly: true });
  await refused('read_only', () => propose(desk, { block: 'student', operation: 'append', value: 'c' }));
  const seen = await previewOf(desk, pending);
  assert.equal(seen.state, 'void');
  await refused('read_only', async () => approve(desk, await approvalOf(seen)));
  await refused('read_only', () => deleteBlock(desk, id));
  await assert.rejects(desk.db.query("UPDATE memory_blocks SET body = 'x'"), { code: 'CONSTRAINT' });
  await changeSettings(desk, id, { readOnly: false });
  await approveId(desk, pending);
  assert.equal(await body(desk), 'a\nb');
});

// ---- texts ----

const line = fc.constantFrom('', 'a', 'b', 'c', 'a b', '\t', '😀', '# h', '- x', 'a\r');
const text = fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', ''))).map((parts) => parts.flat().join(''));

test('lines joined are the text; differences turn one text into the other', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(linesOf(a).join(''), a);
      let made = '';
      let at = 0;
      for (const { a: from, b: to } of differences(a, b)) {
        made += a.slice(at, from.from) + b.slice(to.from, to.to);
        at = from.to;
      }
      assert.equal(made + a.slice(at), b);
    }),
    { numRuns: CASES * 10 },
  );
});

test('the merge of three: one side alone is that side, both alike is neither, and nothing is lost', async () => {
  const { db } = await newDesk();
  const all = (hunks) => hunks.map(() => 'proposed');
  await fc.assert(
    fc.asyncProperty(text, text, text, async (base, proposed, now) => {
      const alone = await merge3(db, base, proposed, base);
      assert.equal(compose(base, alone, all(alone)), proposed);
      assert.deepEqual(await merge3(db, base, base, now), []);
      assert.deepEqual(await merge3(db, base, now, now), []);
      const hunks = await merge3(db, base, proposed, now);
      const lines = now.split('\n');
      for (const hunk of hunks) assert.deepEqual(lines.slice(hunk.line, hunk.line + hunk.now.length), hunk.now);
      // Without a conflict the merge is symmetric.
      const other = await merge3(db, base, now, proposed);
      if (!hunks.some(({ conflict }) => conflict) && !other.some(({ conflict }) => conflict)) {
        assert.equal(compose(now, hunks, all(hunks)), compose(proposed, other, all(other)));
      }
      assert.equal(compose(now, hunks, hunks.map(() => 'now')), now);
    }),
    { numRuns: CASES },
  );
});

// ---- review ----

test('what the preview showed is what the approval wrote, whatever happens in between', async () => {
  const desk = await newDesk();
  await desk.db.query('UPDATE agents SET max_pending = 100000');
  let n = 0;
  const edit = fc.oneof(
    text.map((value) => ({ operation: 'append', value })),
    text.map((value) => ({ operation: 'full_replace', value })),
    fc.tuple(line, text).map(([anchor, value]) => ({ operation: 'replace', anchor, value })),
    fc.tuple(line, text).map(([anchor, value]) => ({ operation: 'replace_all', anchor, value })),
    fc.tuple(fc.integer({ min: 1, max: 4 }), text).map(([at, value]) => ({ operation: 'insert', line: at, value })),
  );
  const choice = fc.constantFrom('proposed', 'now', 'both');
  await fc.assert(
    fc.asyncProperty(text, edit, fc.option(text), fc.option(text), fc.array(choice), async (before, operation, edited, late, picks) => {
      const label = `b${n++}`;
      const id = await createBlock(desk, { label, body: before });
      let proposal;
      try {
        proposal = await propose(desk, { block: label, ...operation }, { agent: `agent-${n}` });
      } catch (error) {
        assert.equal(error.name, 'Refusal');
        return;
      }
      const save = async (given) => {
        const block = await findByLabel(desk.db, 'ada', label);
        if (given !== null && given !== block.body) await saveBody(desk, id, given, block.hash);
      };
      await save(edited);
      const seen = await previewOf(desk, proposal);
      const choices = seen.hunks.map((_, at) => picks[at] ?? 'proposed');
      const shown = compose(seen.now, seen.hunks, choices);
      await save(late);
      const moved = (await body(desk, label)) !== seen.now;
      const writes = approve(desk, await approvalOf(seen, choices));
      try {
        await writes;
        assert.ok(!moved, 'an approval of what has moved was taken');
        assert.equal(await body(desk, label), shown);
        assert.equal((await findProposal(desk.db, proposal)).status, 'approved');
      } catch (error) {
        if (error.name !== 'Refusal') throw error;
        assert.equal((await findProposal(desk.db, proposal)).status, 'pending');
        if (!moved) assert.ok(['no_change', 'anchor_missing', 'over_limit'].includes(error.code), `${error.code}: ${error.message}`);
      }
    }),
    { numRuns: CASES },
  );
  assert.equal((await desk.db.verify()).ok, true);
});

test('deciding is one commit: the agent is its author, the person the committer, and it says why', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'Likes maths.' });
  const id = await propose(desk, { block: 'student', operation: 'append', value: 'Likes proofs.' });
  const before = (await commits(desk.db)).length;
  await approveId(desk, id);
  const [newest, submission, ...rest] = await commits(desk.db);
  assert.equal(rest.length + 2, before + 1);
  assert.equal(newest.author.name, 'tutor');
  assert.equal(newest.committer.name, 'Ada');
  assert.deepEqual(newest.trailers, { Act: 'approve', Block: 'student', Agent: 'tutor', Proposal: id, Reason: 'She said so.' });
  assert.equal(submission.author.name, 'tutor');
  assert.equal(submission.trailers.Act, 'propose');
  const changed = [];
  for (const table of ['memory_blocks', 'pending_diffs']) for await (const change of desk.db.vc.diff(table, 'HEAD~1', 'HEAD')) changed.push([table, change.op]);
  assert.deepEqual(changed, [['memory_blocks', 'update'], ['pending_diffs', 'update']]);
  await refused('not_pending', () => approveId(desk, id));
  await refused('not_pending', () => reject(desk, id));
});

test('2 hunks: one taken, one left; edit before approve; undo brings both back', async () => {
  const desk = await newDesk();
  const first = 'one\n\ntwo\n\nthree';
  await createBlock(desk, { label: 'student', body: first });
  const id = await propose(desk, { block: 'student', operation: 'full_replace', value: 'ONE\n\ntwo\n\nTHREE' });
  let seen = await previewOf(desk, id);
  assert.equal(seen.hunks.length, 2);
  await approve(desk, await approvalOf(seen, ['now', 'proposed']));
  assert.equal(await body(desk), 'one\n\ntwo\n\nTHREE');
  assert.equal((await findProposal(desk.db, id)).finalValue, 'one\n\ntwo\n\nTHREE');
  await undo(desk, (await decisionOf(desk, id)).hash);
  assert.equal(await body(desk), first);
  assert.equal((await findProposal(desk.db, id)).status, 'pending');
  seen = await previewOf(desk, id);
  const final = 'Uno\n\ntwo\n\nTres';
  await approve(desk, { id, nowHash: seen.nowHash, resultHash: await hashText(final), final });
  assert.equal(await body(desk), final);
  // Undo of the undo is a redo.
  await undo(desk, (await decisionOf(desk, id)).hash);
  await undo(desk, (await decisionOf(desk, id)).hash);
  assert.equal(await body(desk), final);
  assert.equal((await findProposal(desk.db, id)).status, 'approved');
});

test('2 undo: what came later stays; what overlaps is refused, not overwritten', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'one\n\ntwo\n\nthree' });
  const a = await propose(desk, { block: 'student', operation: 'replace', anchor: 'one', value: 'ONE' });
  const b = await propose(desk, { block: 'student', operation: 'replace', anchor: 'three', value: 'THREE' });
  await approveId(desk, a);
  await approveId(desk, b);
  await undo(desk, (await decisionOf(desk, a)).hash);
  assert.equal(await body(desk), 'one\n\ntwo\n\nTHREE');
  const { hash } = await findByLabel(desk.db, 'ada', 'student');
  await saveBody(desk, id, 'one\n\ntwo\n\nthree and four', hash);
  const decision = await decisionOf(desk, b);
  await refused('moved', () => undo(desk, decision.hash));
  assert.equal(await body(desk), 'one\n\ntwo\n\nthree and four');
});

test('2 undo: rejecting, creating, renaming, deleting and settings too', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'a' });
  const r = await propose(desk, { block: 'student', operation: 'append', value: 'no' });
  await reject(desk, r, 'not so');
  assert.equal((await findProposal(desk.db, r)).note, 'not so');
  await undo(desk, (await decisionOf(desk, r)).hash);
  assert.equal((await findProposal(desk.db, r)).status, 'pending');
  const c = await propose(desk, { block: 'journey', operation: 'create', value: 'new' });
  await approveId(desk, c);
  assert.equal(await body(desk, 'journey'), 'new');
  await undo(desk, (await decisionOf(desk, c)).hash);
  assert.equal(await body(desk, 'journey'), undefined);
  const n = await propose(desk, { block: 'student', operation: 'rename', value: 'pupil' });
  await approveId(desk, n);
  assert.equal(await body(desk, 'pupil'), 'a');
  await undo(desk, (await decisionOf(desk, n)).hash);
  assert.equal(await body(desk, 'student'), 'a');
  const d = await propose(desk, { block: 'student', operation: 'delete' });
  await approveId(desk, d);
  assert.equal(await body(desk), undefined);
  await undo(desk, (await decisionOf(desk, d)).hash);
  assert.equal(await body(desk), 'a');
  await changeSettings(desk, id, { limit: 77 });
  await undo(desk, 'HEAD');
  assert.equal((await listBlocks(desk))[0].limit, 5000);
});

test('3 three pending while the person edits: clean ones rebase, an overlapping one is a three-way merge', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: '# Ada\n\nfirst\n\nsecond\n\nthird' });
  const top = await propose(desk, { block: 'student', operation: 'replace', anchor: 'first', value: 'FIRST' });
  const mid = await propose(desk, { block: 'student', operation: 'replace', anchor: 'second', value: 'SECOND' });
  const end = await propose(desk, { block: 'student', operation: 'append', value: 'fourth' });
  const { hash } = await findByLabel(desk.db, 'ada', 'student');
  await saveBody(desk, id, 'zero\n# Ada\n\nfirst\n\nsecond of mine\n\nthird', hash);
  const states = (await stale(desk, id)).map(({ proposal, state }) => [proposal.id, state]);
  assert.deepEqual(Object.fromEntries(states), { [top]: 'rebased', [mid]: 'conflict', [end]: 'rebased' });
  await approveId(desk, end);
  await approveId(desk, top);
  const seen = await previewOf(desk, mid);
  assert.deepEqual(seen.hunks.map(({ base, now, proposed, conflict }) => ({ base, now, proposed, conflict })), [
    { base: ['second'], now: ['second of mine'], proposed: ['SECOND'], conflict: true },
  ]);
  await refused('conflict', async () => approve(desk, await approvalOf(seen)));
  await approve(desk, await approvalOf(seen, ['both']));
  assert.equal(await body(desk), 'zero\n# Ada\n\nFIRST\n\nsecond of mine\nSECOND\n\nthird\nfourth');
});

test('4 twenty proposals on one anchor: one approval re-evaluates the rest', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'Goal: none yet.\n\nMore.' });
  const ids = [];
  for (let at = 0; at < 20; at++) ids.push(await propose(desk, { block: 'student', operation: 'replace', anchor: 'none yet', value: `goal ${at}` }, { agent: `a${at}` }));
  await approveId(desk, ids[7]);
  const rest = await stale(desk, id);
  assert.equal(rest.length, 19);
  assert.ok(rest.every(({ state }) => state === 'conflict'));
  assert.equal(await body(desk), 'Goal: goal 7.\n\nMore.');
});

test('5 bulk approve shows its effect, skips the risky, is undone as one; groups are atomic and can be split', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'a' });
  await createBlock(desk, { label: 'journey', body: 'x' });
  const one = await propose(desk, { block: 'student', operation: 'append', value: 'b' });
  const two = await propose(desk, { block: 'student', operation: 'append', value: 'c' });
  const low = await propose(desk, { block: 'student', operation: 'append', value: 'd' }, { confidence: 'low' });
  const all = await propose(desk, { block: 'journey', operation: 'full_replace', value: 'y' });
  const plan = await planBulk(desk, [one, two, low, all]);
  assert.deepEqual(plan.effects, [{ label: 'student', before: 'a', after: 'a\nb\nc', count: 2 }]);
  assert.deepEqual(plan.skipped.map(({ proposal, why }) => [proposal.id, why]), [[low, 'the agent is not sure of it'], [all, 'it rewrites the whole block']]);
  await approveAll(desk, plan);
  assert.equal(await body(desk), 'a\nb\nc');
  await undo(desk, 'HEAD');
  assert.equal(await body(desk), 'a');
  assert.equal((await listPending(desk)).length, 4);
  // A plan whose block has moved is refused whole.
  const { id, hash } = await findByLabel(desk.db, 'ada', 'student');
  await saveBody(desk, id, 'A', hash);
  await refused('moved', () => approveAll(desk, plan));
  await rejectMany(desk, [one, two, low, all]);
  assert.equal((await listPending(desk)).length, 0);

  const group = { agent: 'tutor', reasoning: 'Together.', confidence: 'high', edits: [
    { block: 'student', operation: 'append', value: 'B' }, { block: 'student', operation: 'replace', anchor: 'B', value: 'BB' }, { block: 'journey', operation: 'append', value: 'Y' },
  ] };
  const made = await submit(desk, group);
  await approveGroup(desk, made.group);
  assert.deepEqual([await body(desk), await body(desk, 'journey')], ['A\nBB', 'x\nY']);
  await undo(desk, 'HEAD');
  const journey = await findByLabel(desk.db, 'ada', 'journey');
  await changeSettings(desk, journey.id, { readOnly: true });
  await refused('conflict', () => approveGroup(desk, made.group));
  assert.equal(await body(desk), 'A');
  await splitGroup(desk, made.group);
  await approveId(desk, made.ids[0]);
  assert.equal(await body(desk), 'A\nB');
});

test('6 restore and revert are new commits; versions tell which', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'v1' });
  for (const next of ['v2', 'v3']) await saveBody(desk, id, next, (await findByLabel(desk.db, 'ada', 'student')).hash);
  const versions = await versionsOf(desk, id);
  assert.deepEqual(versions.map(({ commit, change }) => [commit.trailers.Act, change]), [['edit', 'modified'], ['edit', 'modified'], ['create', 'added']]);
  const before = (await commits(desk.db)).length;
  await restore(desk, id, versions[2].commit.hash);
  assert.equal(await body(desk), 'v1');
  assert.equal((await commits(desk.db)).length, before + 1);
  assert.equal(await bodyAt(desk, id, versions[1].commit.hash), 'v2');
  await refused('no_change', () => restore(desk, id, versions[2].commit.hash));
});

test('7 blame leads from a paragraph to its proposal and reason', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: '# Ada\n\nLikes maths.\nA lot.' });
  await approveId(desk, await propose(desk, { block: 'student', operation: 'append', value: '\nLikes proofs.' }, { reasoning: 'Seen on Monday.' }));
  await approveId(desk, await propose(desk, { block: 'student', operation: 'insert', line: 1, value: 'Top.\n' }, { agent: 'coach', reasoning: 'A summary.' }));
  const found = await blame(desk, id);
  assert.deepEqual(found.map(({ text, commit }) => [text, commit.trailers.Act, commit.trailers.Reason]), [
    ['Top.', 'approve', 'A summary.'],
    ['# Ada', 'create', undefined],
    ['Likes maths.\nA lot.', 'create', undefined],
    ['Likes proofs.', 'approve', 'Seen on Monday.'],
  ]);
});

test('7 blame tells the lines of one paragraph apart when several brought them', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'goals', body: '- one\n- two\n- three' });
  await approveId(desk, await propose(desk, { block: 'goals', operation: 'append', value: '- four' }, { reasoning: 'The list came out.' }));
  await approveId(desk, await propose(desk, { block: 'goals', operation: 'replace', anchor: 'two', value: 'zwei' }, { agent: 'coach', reasoning: 'In German.' }));
  assert.deepEqual((await blame(desk, id)).map(({ text, commit }) => [text, commit.trailers.Reason]), [
    ['- one', undefined], ['- zwei', 'In German.'], ['- three', undefined], ['- four', 'The list came out.'],
  ]);
});

test('10 a whole export comes back as the same address of the blocks table', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'tab\t CRLF\r\n😀', title: 'Who', description: 'd', limit: 900 });
  const sealed = await createBlock(desk, { label: 'journey', body: 'x' });
  await changeSettings(desk, sealed, { readOnly: true });
  await approveId(desk, await propose(desk, { block: 'student', operation: 'append', value: 'more' }));
  await propose(desk, { block: 'student', operation: 'append', value: 'waits' });
  const exported = await exportAll(desk);
  const other = await newDesk();
  const address = async ({ db }, table) => (await db.query(`SELECT dolt_hashof_table('${table}') AS h`)).rows[0].h;
  assert.deepEqual(await importAll(other, exported), { added: 2, replaced: 0, same: 0, kept: [] });
  for (const table of ['memory_blocks', 'pending_diffs', 'agents']) assert.equal(await address(other, table), await address(desk, table), table);
  assert.deepEqual(await importAll(other, exported), { added: 0, replaced: 0, same: 2, kept: [] });
  const { id, hash } = await findByLabel(other.db, 'ada', 'student');
  await saveBody(other, id, 'mine', hash);
  assert.deepEqual((await importAll(other, exported)).kept, ['student']);
  assert.equal(await body(other), 'mine');
  assert.deepEqual(await importAll(other, exported, { replace: true }), { added: 0, replaced: 1, same: 1, kept: [] });
  await refused('malformed', () => importAll(other, 'no'));
  await refused('malformed', () => importAll(other, '{"format":"x"}'));
});

// ---- submission ----

test('a wrong submission is refused with a reason, a duplicate is recognised, a newer one supersedes', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'abc' });
  const { hash } = await findByLabel(desk.db, 'ada', 'student');
  await refused('unknown_block', () => propose(desk, { block: 'nobody', operation: 'append', value: 'x' }));
  await refused('stale_base', () => propose(desk, { block: 'student', operation: 'append', value: 'x', baseHash: 'f'.repeat(64) }));
  await refused('no_change', () => propose(desk, { block: 'student', operation: 'full_replace', value: 'abc' }));
  await refused('malformed', () => propose(desk, { block: 'student', operation: 'append', value: 'x' }, { reasoning: ' ' }));
  await refused('malformed', () => propose(desk, { block: 'student', operation: 'append', value: 'x' }, { confidence: 'sure' }));
  await refused('label_taken', () => propose(desk, { block: 'student', operation: 'create', value: 'x' }));
  const before = (await commits(desk.db)).length;
  const first = await propose(desk, { block: 'student', operation: 'replace', anchor: 'b', value: 'B', baseHash: hash });
  const again = await submit(desk, { agent: 'coach', reasoning: 'Same.', confidence: 'low', edits: [{ block: 'student', operation: 'replace', anchor: 'b', value: 'B' }] });
  assert.deepEqual([again.outcome, again.ids], ['duplicate', [first]]);
  assert.equal((await commits(desk.db)).length, before + 1);
  const newer = await submit(desk, { agent: 'tutor', reasoning: 'Better.', confidence: 'high', edits: [{ block: 'student', operation: 'replace', anchor: 'b', value: 'bee' }] });
  assert.deepEqual(newer.superseded, [first]);
  assert.equal((await findProposal(desk.db, first)).status, 'superseded');
  await reject(desk, newer.ids[0]);
  await refused('already_rejected', () => propose(desk, { block: 'student', operation: 'replace', anchor: 'b', value: 'bee' }));
  await blockAgent(desk, 'tutor', true);
  await refused('agent_blocked', () => propose(desk, { block: 'student', operation: 'append', value: 'y' }));
  await deleteBlock(desk, id);
});

test('12 what is past its time expires, and says so before it is marked', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'abc' });
  const id = await propose(desk, { block: 'student', operation: 'append', value: 'x' }, { expiresAt: new Date(desk.clock.at + 60_000).toISOString() });
  assert.equal(await expireDue(desk), 0);
  desk.clock.at += 120_000;
  assert.equal((await previewOf(desk, id)).problem.code, 'expired');
  assert.equal(await expireDue(desk), 1);
  assert.equal((await listDecided(desk))[0].status, 'expired');
  assert.deepEqual(await listPending(desk), []);
});

test('rules are off until a person turns one on, and never take what is risky', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'abc' });
  const say = (value, more = {}) => answer(desk, { protocol: PROTOCOL, request: 1, type: 'propose', agent: 'tutor', block: 'student', operation: 'append', value, reasoning: 'r', confidence: 'high', ...more });
  const rule = await addRule(desk, { agent: 'tutor', block: 'student', operation: 'append', confidence: 'high', maxCharacters: 10 });
  assert.equal((await listRules(desk))[0].enabled, false);
  assert.deepEqual((await say('one')).result.approved, []);
  await switchRule(desk, rule, true);
  const { ids, approved } = (await say('two')).result;
  assert.deepEqual(approved, ids);
  assert.equal(await body(desk), 'abc\ntwo');
  assert.equal((await findProposal(desk.db, ids[0])).decidedBy, 'a rule of Ada');
  assert.deepEqual((await say('three', { confidence: 'medium' })).result.approved, []);
  assert.deepEqual((await say('longer than ten')).result.approved, []);
  assert.deepEqual((await say('four', { agent: 'coach' })).result.approved, []);
  await refused('malformed', () => addRule(desk, { agent: null, block: null, operation: 'full_replace', confidence: 'low', maxCharacters: 1 }));
  await undo(desk, (await decisionOf(desk, ids[0])).hash);
  assert.equal(await body(desk), 'abc');
});

test('an agent’s messages are answered, wrong ones with a code', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'abc' });
  const codes = [];
  for (const message of [null, 7, [], {}, { protocol: PROTOCOL }, { protocol: PROTOCOL, type: 'propose' }, { protocol: PROTOCOL, type: 'read', block: 'x' },
    { protocol: PROTOCOL, type: 'status', id: 'x' }, { protocol: PROTOCOL, type: 'propose', agent: 'a', reasoning: 'r', edits: 'x' },
    { protocol: PROTOCOL, type: 'propose', agent: 'a', reasoning: 'r', edits: [null] },
    { protocol: PROTOCOL, type: 'propose', agent: 'a', reasoning: 'r', block: 'student', operation: 'append', value: 5 }]) {
    codes.push((await answer(desk, message)).code);
  }
  assert.deepEqual(codes, ['malformed', 'malformed', 'malformed', 'malformed', 'malformed', 'malformed', 'unknown_block', 'unknown_proposal', 'malformed', 'unknown_operation', 'malformed']);
  const { result } = await answer(desk, { protocol: PROTOCOL, type: 'read', block: 'student' });
  assert.equal(result.value, 'abc');
  assert.equal(result.hash, await hashText('abc'));
});

test('activity comes from the commits, and is exported whole', async () => {
  const desk = await newDesk();
  await createBlock(desk, { label: 'student', body: 'abc' });
  const id = await propose(desk, { block: 'student', operation: 'append', value: 'x' });
  await reject(desk, id, 'wrong');
  assert.deepEqual((await listActivity(desk)).map(({ act }) => act), ['reject', 'propose', 'create', 'other', 'other']);
  const lines = (await exportActivity(desk)).trim().split('\n').map((text) => JSON.parse(text));
  assert.equal(lines.length, 5);
  assert.deepEqual([lines[0].act, lines[0].note, lines[0].proposals], ['reject', 'wrong', [id]]);
});

test('forgetting leaves the text and nothing of its past', async () => {
  const desk = await newDesk();
  const id = await createBlock(desk, { label: 'student', body: 'The secret is 1234.' });
  const old = (await commits(desk.db))[0].hash;
  await approveId(desk, await propose(desk, { block: 'student', operation: 'full_replace', value: 'Nothing to see.' }));
  await forgetPast(desk, id);
  assert.equal(await body(desk), 'Nothing to see.');
  await assert.rejects(bodyAt(desk, id, old), { code: 'REF_NOT_FOUND' });
  assert.equal((await versionsOf(desk, id)).length, 1);
  assert.equal((await desk.db.verify()).ok, true);
  assert.doesNotMatch(await exportAll(desk), /1234/);
});

test('work is bounded to the block at hand: 500 proposals, a body of 200 KB', async () => {
  const desk = await newDesk();
  const long = Array.from({ length: 3000 }, (_, at) => `Line ${at} of a long life, with some words in it to fill the page.`).join('\n');
  const id = await createBlock(desk, { label: 'student', body: long, limit: 300_000 });
  await desk.db.query("INSERT INTO agents (id, name, max_pending) VALUES ('tutor', 'tutor', 1000)");
  await desk.db.vc.commit({ message: 'agent', all: true });
  for (let at = 0; at < 40; at++) await propose(desk, { block: 'student', operation: 'replace', anchor: `Line ${at * 50} of`, value: `Row ${at} of` });
  const began = performance.now();
  const seen = await previewOf(desk, (await listPending(desk))[20].id);
  assert.equal(seen.state, 'fresh');
  assert.ok(performance.now() - began < 500, `${performance.now() - began} ms`);
  await approve(desk, await approvalOf(seen));
  assert.ok((await stale(desk, id)).every(({ state }) => state === 'rebased'));
});

// ---- other places ----

test('10 Letta: blocks go there by label, and what comes back is a proposal', async () => {
  const there = new Map();
  const asked = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url, 'http://x');
      asked.push(`${request.method} ${pathname}`);
      const given = text ? JSON.parse(text) : undefined;
      const end = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.headers.authorization !== 'Bearer secret') return end(401, {});
      if (request.method === 'GET') return end(200, [...there.values()].filter(({ label }) => !searchParams.has('label') || searchParams.get('label') === label));
      if (request.method === 'POST') return end(200, there.set(given.label, { ...given, id: `block-${there.size}` }).get(given.label));
      const found = [...there.values()].find(({ id }) => pathname.endsWith(`/${id}`));
      return found ? end(200, Object.assign(found, given)) : end(404, {});
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const letta = { url: `http://127.0.0.1:${server.address().port}/`, token: 'secret' };
    const desk = await newDesk();
    const id = await createBlock(desk, { label: 'student', body: 'a\r\n😀', description: 'who', limit: 99 });
    await createBlock(desk, { label: 'journey', body: 'x' });
    assert.deepEqual((await pushToLetta(desk, letta)).created, ['journey', 'student']);
    assert.deepEqual(there.get('student'), { id: 'block-1', label: 'student', value: 'a\r\n😀', limit: 99, description: 'who', read_only: false, metadata: { title: 'student' } });
    assert.deepEqual((await pushToLetta(desk, letta)).same, ['journey', 'student']);
    await saveBody(desk, id, 'b', (await findByLabel(desk.db, 'ada', 'student')).hash);
    assert.deepEqual((await pushToLetta(desk, letta)).updated, ['student']);
    there.get('student').value = 'c';
    there.set('new', { id: 'block-9', label: 'new', value: 'n', limit: 5000, description: null, read_only: false });
    const pulled = await pullFromLetta(desk, letta);
    assert.deepEqual([pulled.proposed.sort(), pulled.same], [['new', 'student'], ['journey']]);
    assert.equal(await body(desk), 'b');
    for (const { id: waiting } of await listPending(desk)) await approveId(desk, waiting);
    assert.deepEqual([await body(desk), await body(desk, 'new')], ['c', 'n']);
    assert.deepEqual((await pullFromLetta(desk, letta)).proposed, []);
    await assert.rejects(pullFromLetta(desk, { ...letta, token: 'no' }), /401/);
    assert.equal((await toLetta(desk)).length, 3);
  } finally {
    server.close();
  }
});

test('10 a folder of markdown keeps the bytes of a body, and comes back as proposals', async () => {
  const desk = await newDesk();
  const texts = { student: '---\nnot front matter\n---\n\ttab\r\n😀\n', empty: '', journey: '\n\nx' };
  for (const [label, text] of Object.entries(texts)) await createBlock(desk, { label, body: text, title: `T "${label}": 'x'`, limit: 100 });
  const files = await toFiles(desk);
  for (const file of files) {
    const read = fromFile(file);
    assert.equal(read.body, texts[read.label]);
    assert.equal(read.title, `T "${read.label}": 'x'`);
    assert.equal(read.limit, 100);
  }
  assert.deepEqual(fromFile({ name: 'a/b.md', text: '# plain' }), { label: 'b', body: '# plain' });
  assert.deepEqual((await proposeFiles(desk, files)).same.sort(), ['empty', 'journey', 'student']);
  const { proposed } = await proposeFiles(desk, [{ name: 'journey.md', text: 'y' }, { name: 'fresh.md', text: 'z' }]);
  assert.deepEqual(proposed, ['journey', 'fresh']);
  assert.equal(await body(desk, 'journey'), '\n\nx');
});

// ---- another device ----

/** Two devices as two branches of one store; a ref is a ref, wherever it came from. */
async function twoDevices(body) {
  const here = await newDesk();
  const id = await createBlock(here, { label: 'student', body });
  await here.db.vc.branch('tablet');
  const there = { ...here, db: await here.db.connect('tablet'), person: { name: 'Ada on the tablet' } };
  return [here, there, id];
}

test('8 offline review, then sync with one that changed the same block: a merge, never an overwrite', async () => {
  const [here, there, id] = await twoDevices('# Ada\n\none\n\ntwo\n\nthree');
  const proposal = await propose(here, { block: 'student', operation: 'replace', anchor: 'one', value: 'ONE' });
  await approveId(here, proposal);
  await saveBody(there, id, '# Ada\n\none\n\ntwo\n\nthree, there', (await findByLabel(there.db, 'ada', 'student')).hash);
  const seen = await incoming(here, 'tablet');
  assert.deepEqual(seen, { ref: 'tablet', commits: 1, blocks: [{ label: 'student', change: 'changed', before: '# Ada\n\none\n\ntwo\n\nthree', after: '# Ada\n\none\n\ntwo\n\nthree, there', warnings: [] }], proposals: 0 });
  const taken = await takeIn(here, 'tablet');
  assert.equal(taken.state, 'merged');
  assert.equal(await body(here), '# Ada\n\nONE\n\ntwo\n\nthree, there');
  assert.equal((await takeIn(there, 'main')).state, 'merged');
  assert.equal(await body(there), await body(here));
  assert.equal((await incoming(here, 'tablet')).commits, 0);
  // Both at one place: the person chooses, and neither text is lost before that.
  await saveBody(here, id, '# Ada\n\nONE\n\nhere\n\nthree, there', (await findByLabel(here.db, 'ada', 'student')).hash);
  await saveBody(there, id, '# Ada\n\nONE\n\nthere\n\nthree, there\n\nfour', (await findByLabel(there.db, 'ada', 'student')).hash);
  const clashing = await takeIn(here, 'tablet');
  assert.equal(clashing.state, 'clashes');
  const [clash] = clashing.clashes;
  assert.deepEqual([clash.kind, clash.what, clash.hunks.map(({ conflict }) => conflict)], ['text', 'both changed student', [true, false]]);
  await refused('conflict', () => settle(here, clash, { choices: [] }));
  await settle(here, clash, { choices: ['both', 'proposed'] });
  await finishSync(here);
  assert.equal(await body(here), '# Ada\n\nONE\n\nhere\nthere\n\nthree, there\n\nfour');
  assert.equal((await here.db.verify()).ok, true);
});

test('8 two devices that decided differently meet as "decided twice"; leaving the merge restores what was', async () => {
  const [here, there] = await twoDevices('a');
  const proposal = await propose(here, { block: 'student', operation: 'append', value: 'b' });
  await takeIn(there, 'main');
  await approveId(here, proposal);
  await reject(there, proposal);
  const root = (await here.db.query("SELECT dolt_hashof_db() AS h")).rows[0].h;
  let taken = await takeIn(here, 'tablet');
  assert.deepEqual(taken.clashes.map(({ kind, what }) => [kind, what]), [['decision', 'decided twice: add to student, approved here, rejected there']]);
  await leaveSync(here);
  assert.equal((await here.db.query("SELECT dolt_hashof_db() AS h")).rows[0].h, root);
  taken = await takeIn(here, 'tablet');
  await settle(here, taken.clashes[0], 'mine');
  await finishSync(here);
  assert.equal((await findProposal(here.db, proposal)).status, 'approved');
  assert.equal(await body(here), 'a\nb');
});

test('8 what would break a limit or a read-only block is said before it comes in', async () => {
  const [here, there, id] = await twoDevices('a');
  await changeSettings(here, id, { readOnly: true });
  await takeIn(there, 'main');
  await changeSettings(there, id, { readOnly: false });
  await saveBody(there, id, 'changed', (await findByLabel(there.db, 'ada', 'student')).hash);
  assert.deepEqual((await incoming(here, 'tablet')).blocks, [{ label: 'student', change: 'changed', before: 'a', after: 'changed', warnings: ['it is read-only here'] }]);
});
