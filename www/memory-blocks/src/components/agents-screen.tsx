import { useState } from 'preact/hooks';
import { addRule, blockAgent, PROTOCOL, removeRule, switchRule, type Confidence, type OperationName } from '../domain';
import { age, count } from '../lib/words';
import { act, doing } from '../state/act';
import { agents, blocks, rules } from '../state/data';
import { ask, exchanges, send } from '../state/simulated';

export function AgentsScreen() {
  return (
    <div class="agents">
      <section aria-labelledby="agents-title">
        <h1 id="agents-title" tabIndex={-1}>Agents</h1>
        {agents.value.value.length === 0 ? <p class="empty">No agent has proposed anything yet.</p> : (
          <ul class="agent-list">
            {agents.value.value.map(({ id, blocked, pending, approved, rejected }) => (
              <li key={id} class="card agent-card">
                <div><h2>{id} {blocked && <span class="tag tag-warn">blocked</span>}</h2>
                  <p class="facts"><span>{pending} waiting</span><span>{approved} approved</span><span>{rejected} rejected</span></p></div>
                <button type="button" class="small" disabled={doing.value !== null} onClick={() => void act('Changing the agent', async (desk) => {
                  await blockAgent(desk, id, !blocked);
                  return blocked ? `${id} may propose again.` : `${id} may not propose any more.`;
                })}>{blocked ? 'Let in' : 'Block'}<span class="hidden-text"> {id}</span></button>
              </li>
            ))}
          </ul>
        )}
      </section>
      <Rules />
      <Simulated />
    </div>
  );
}

const OPERATIONS: [OperationName, string][] = [['append', 'additions'], ['replace', 'changes of one place'], ['replace_all', 'changes of all places'], ['insert', 'insertions'], ['rename', 'new names'], ['create', 'new blocks']];

function Rules() {
  const [agent, setAgent] = useState('');
  const [block, setBlock] = useState('');
  const [operation, setOperation] = useState<OperationName>('append');
  const [confidence, setConfidence] = useState<Confidence>('high');
  const busy = doing.value !== null;
  const words = (one: OperationName) => OPERATIONS.find(([name]) => name === one)?.[1] ?? one;
  return (
    <section aria-labelledby="rules-title">
      <h2 id="rules-title" tabIndex={-1}>Rules that approve for you</h2>
      <p class="muted">There are none unless you make one, and a new one is off. A rule takes only what fits cleanly, is short and sure; rewriting and deleting are always yours. What a rule lets in can be undone like anything else.</p>
      <ul class="rule-list">
        {rules.value.value.map((rule) => (
          <li key={rule.id} class="card rule">
            <label class="check">
              <input type="checkbox" role="switch" checked={rule.enabled} disabled={busy} onChange={(event) => { const on = event.currentTarget.checked; void act('Changing the rule', async (desk) => {
                await switchRule(desk, rule.id, on);
                return on ? 'The rule is on.' : 'The rule is off.';
              }); }} />
              <span>Let {rule.agent ?? 'any agent'} make {words(rule.operation)} to {rule.block ?? 'any block'}, with {rule.confidence} confidence{rule.confidence === 'high' ? '' : ' or more'}, up to {rule.maxCharacters} characters</span>
            </label>
            <button type="button" class="small" disabled={busy} onClick={() => void act('Removing the rule', async (desk) => { await removeRule(desk, rule.id); return 'The rule is removed.'; })}>Remove</button>
          </li>
        ))}
      </ul>
      <form class="rule-form" onSubmit={(event) => {
        event.preventDefault();
        void act('Adding the rule', async (desk) => {
          await addRule(desk, { agent: agent || null, block: block || null, operation, confidence, maxCharacters: 400 });
          return 'The rule is here, and off.';
        });
      }}>
        <label class="field"><span>Agent</span><select value={agent} onChange={(event) => setAgent(event.currentTarget.value)}><option value="">any</option>{agents.value.value.map(({ id }) => <option key={id}>{id}</option>)}</select></label>
        <label class="field"><span>May make</span><select value={operation} onChange={(event) => setOperation(event.currentTarget.value as OperationName)}>{OPERATIONS.map(([name, text]) => <option key={name} value={name}>{text}</option>)}</select></label>
        <label class="field"><span>To</span><select value={block} onChange={(event) => setBlock(event.currentTarget.value)}><option value="">any block</option>{blocks.value.value.map(({ id, label }) => <option key={id}>{label}</option>)}</select></label>
        <label class="field"><span>Confidence</span><select value={confidence} onChange={(event) => setConfidence(event.currentTarget.value as Confidence)}><option>high</option><option>medium</option><option>low</option></select></label>
        <button type="submit" disabled={busy}>Add a rule</button>
      </form>
    </section>
  );
}

const WRONG: [string, unknown][] = [
  ['unknown block', { block: 'nobody', operation: 'append', value: 'x' }],
  ['stale base', { operation: 'append', value: 'x', baseHash: '0'.repeat(64) }],
  ['over the limit', { operation: 'append', value: 'x'.repeat(200_000) }],
  ['malformed', { operation: 'prepend', value: 7 }],
];

function Simulated() {
  const first = blocks.value.value[0]?.label ?? 'student';
  const [message, setMessage] = useState(() => JSON.stringify({ protocol: PROTOCOL, type: 'propose', request: 'mine', agent: 'visitor', block: first, operation: 'append', value: 'A sentence.', reasoning: 'Why the person should agree.', confidence: 'medium' }, null, 2));
  const [problem, setProblem] = useState('');
  const say = (edit: Record<string, unknown>) => void ask({ agent: 'visitor', block: first, reasoning: 'Trying out what happens.', confidence: 'medium', ...edit });
  return (
    <section aria-labelledby="simulated-title">
      <h2 id="simulated-title" tabIndex={-1}>A simulated agent</h2>
      <p class="muted">It talks as any agent does: JSON messages over a port. Each is answered; a wrong one is refused with a code and a reason.</p>
      <div class="buttons">
        <button type="button" onClick={() => say({ operation: 'append', value: `Noted at ${new Date().toISOString()}.` })}>Propose an addition</button>
        {WRONG.map(([words, edit]) => <button key={words} type="button" onClick={() => say(edit as Record<string, unknown>)}>Send one: {words}</button>)}
      </div>
      <label class="field"><span>A message of your own</span>
        <textarea class="code" rows={12} spellcheck={false} value={message} onInput={(event) => { setMessage(event.currentTarget.value); setProblem(''); }} />
      </label>
      <div class="buttons">
        <button type="button" onClick={() => {
          try {
            send(JSON.parse(message));
          } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
          }
        }}>Send</button>
        {problem && <p class="error-message" role="alert">{problem}</p>}
      </div>
      {exchanges.value.length > 0 && (
        <>
          <h3>{count(exchanges.value.length, 'answer')}</h3>
          <ol class="exchanges">
            {exchanges.value.slice(0, 12).map(({ at, asked, reply }, index) => (
              <li key={`${at.getTime()}-${index}`} data-ok={reply.ok}>
                <span class={`status ${reply.ok ? 'status-approved' : 'status-rejected'}`}>{reply.ok ? String((reply.result as { outcome?: string })?.outcome ?? 'answered') : reply.code}</span>
                <span>{reply.ok ? describe(asked) : reply.message}</span> <span class="muted">{age(at)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function describe(asked: unknown): string {
  const { agent = 'an agent', type = '', operation = '', block = '', edits } = (asked ?? {}) as Record<string, unknown>;
  return `${String(agent)}: ${String(type)} ${Array.isArray(edits) ? count(edits.length, 'edit') : `${String(operation)} ${String(block)}`}`.trim();
}
