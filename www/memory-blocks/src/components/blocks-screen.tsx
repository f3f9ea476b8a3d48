import { useState } from 'preact/hooks';
import { createBlock } from '../domain';
import { age, number } from '../lib/words';
import { act, doing } from '../state/act';
import { blocks, pendingByBlock } from '../state/data';
import { block, drafts, gone, openLabel } from '../state/editing';
import { loadExample } from '../state/example';
import { addressOf, go } from '../state/route';
import { wide } from '../state/wide';
import { BlockDetail } from './block-detail';

export function BlocksScreen() {
  const list = blocks.value.value;
  const open = openLabel.value;
  if (list.length === 0) return <Welcome />;
  return (
    <div class="blocks" data-open={open !== null}>
      {(wide.value || open === null) && (
        <section class="block-list" aria-labelledby="blocks-title">
          <h1 id="blocks-title" tabIndex={-1}>Blocks</h1>
          <ul>
            {list.map((one) => {
              const waiting = pendingByBlock.value.get(one.id) ?? 0;
              return (
                <li key={one.id}>
                  <a
                    class="block-row" href={addressOf('blocks', one.label)} aria-current={one.label === open ? 'true' : undefined}
                    onClick={(event) => { if (event.metaKey || event.ctrlKey) return; event.preventDefault(); go('blocks', one.label, { replace: wide.value }); }}
                  >
                    <span class="block-title">{one.title}</span>
                    {waiting > 0 && <span class="badge">{waiting}<span class="hidden-text"> waiting</span></span>}
                    <span class="block-facts">
                      {one.title !== one.label && <span>{one.label}</span>}
                      <span>{number(one.length)} characters</span>
                      {one.updatedAt && <span>{age(new Date(one.updatedAt))}</span>}
                      {one.readOnly && <span class="tag">read-only</span>}
                      {drafts.value.has(one.id) && <span class="tag tag-warn">not saved</span>}
                    </span>
                  </a>
                </li>
              );
            })}
          </ul>
          <NewBlock />
        </section>
      )}
      {open !== null && (block.value?.label === open ? <BlockDetail now={block.value} />
        : <section class="detail"><p class="empty">{gone.value ? `There is no block ${open} any more.` : 'Reading…'}</p></section>)}
    </div>
  );
}

function NewBlock() {
  const [label, setLabel] = useState('');
  return (
    <form
      class="new-block"
      onSubmit={(event) => {
        event.preventDefault();
        const name = label.trim();
        if (!name) return;
        void act('Creating the block', async (desk) => {
          await createBlock(desk, { label: name });
          return `Created ${name}.`;
        }).then((done) => {
          if (!done) return;
          setLabel('');
          go('blocks', name);
        });
      }}
    >
      <label><span class="hidden-text">Name of a new block</span><input placeholder="New block" value={label} onInput={(event) => setLabel(event.currentTarget.value)} /></label>
      <button type="submit" disabled={doing.value !== null || !label.trim()}>Create</button>
    </form>
  );
}

function Welcome() {
  return (
    <section class="welcome">
      <h1 tabIndex={-1}>What should others know about you?</h1>
      <p>Memory blocks are short texts about you: who you are, where you stand, what you are after. You write them. Agents may read them and propose changes; nothing enters a block without your word, and every word can be traced to who put it there and why.</p>
      <p>All of it stays in this browser.</p>
      <div class="buttons">
        <button type="button" class="primary" disabled={doing.value !== null} onClick={() => void loadExample()}>Begin with an example</button>
      </div>
      <div class="welcome-own">
        <h2>Or write the first one yourself</h2>
        <NewBlock />
      </div>
      <p class="muted">Blocks from another device or an earlier export come in under <a href={addressOf('data')}>Data</a>.</p>
    </section>
  );
}
