import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { StorageInfo } from 'prollite';
import { exportAll, FOLDER_LEAVES_OUT, importAll, LETTA_LEAVES_OUT, proposeFiles, pullFromLetta, pushToLetta, toFiles, toLetta, type Pulled } from '../domain';
import { download } from '../lib/download';
import { bytes, count } from '../lib/words';
import { act, doing } from '../state/act';
import { tick } from '../state/resource';
import { db } from '../state/session';
import { SyncPanel } from './sync-panel';

const replace = signal(false);

export function DataScreen() {
  return (
    <div class="data">
      <h1 tabIndex={-1}>Data</h1>
      <ExportImport />
      <SyncPanel />
      <Elsewhere />
      <Storage />
    </div>
  );
}

/** The address of the blocks table: the same content has the same one, on every device. */
function Address() {
  const [address, setAddress] = useState('');
  const handle = db.value;
  useEffect(() => {
    void handle?.query<{ h: string }>("SELECT dolt_hashof_table('memory_blocks') AS h").then(({ rows }) => setAddress(rows[0]?.h ?? ''), () => setAddress(''));
  }, [handle, tick.value]);
  return address ? <p class="muted" data-address={address}>Address of the blocks as they are: <code>{address}</code></p> : null;
}

function ExportImport() {
  const busy = doing.value !== null;
  return (
    <section aria-labelledby="transfer-title">
      <h2 id="transfer-title" tabIndex={-1}>Export and import</h2>
      <p class="muted">The whole of it: blocks, proposals, agents and rules, as one JSON file. Taken in elsewhere, it makes the same tables, byte for byte. The history is not part of it.</p>
      <div class="buttons">
        <button type="button" class="primary" disabled={busy} onClick={() => void act('Exporting', async (desk) => {
          download(`memory-blocks-${new Date().toISOString().slice(0, 10)}.json`, 'application/json', await exportAll(desk));
          return 'Exported.';
        })}>Export</button>
        <label class="file"><span>Import…</span>
          <input type="file" accept="application/json,.json" disabled={busy} onChange={(event) => {
            const input = event.currentTarget;
            const file = input.files?.[0];
            if (!file) return;
            void act('Importing', async (desk) => {
              const { added, replaced, same, kept } = await importAll(desk, await file.text(), { replace: replace.peek() });
              const parts = [count(added, 'block added', 'blocks added'), replaced > 0 ? `${replaced} replaced` : '', same > 0 ? `${same} the same` : '', kept.length > 0 ? `left as they are here: ${kept.join(', ')}` : ''];
              return `${parts.filter(Boolean).join(', ')}.`;
            }).finally(() => { input.value = ''; });
          }} />
        </label>
        <label class="check"><input type="checkbox" checked={replace.value} onChange={(event) => { replace.value = event.currentTarget.checked; }} /> Replace blocks that differ</label>
      </div>
      <Address />
    </section>
  );
}

function pulledWords({ proposed, same, refused }: Pulled): string {
  const parts = [proposed.length > 0 ? `${count(proposed.length, 'text waits', 'texts wait')} for your review` : 'nothing new', same.length > 0 ? `${same.length} the same` : '', ...refused.map(({ label, why }) => `${label}: ${why}`)];
  return `${parts.filter(Boolean).join('; ')}.`;
}

function Elsewhere() {
  const [url, setUrl] = useState('');
  const [token, setToken] = useState('');
  const busy = doing.value !== null;
  const server = { url, ...(token ? { token } : {}) };
  return (
    <section aria-labelledby="elsewhere-title">
      <h2 id="elsewhere-title" tabIndex={-1}>Other places</h2>
      <h3>A folder of markdown</h3>
      <p class="muted">One file a block, with its settings on top. It leaves out {FOLDER_LEAVES_OUT}. What comes from a file is a proposal: you review it.</p>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void act('Exporting', async (desk) => {
          const files = await toFiles(desk);
          for (const { name, text } of files) download(name, 'text/markdown', text);
          return `${count(files.length, 'file')} written, without ${FOLDER_LEAVES_OUT}.`;
        })}>Export as markdown</button>
        <label class="file"><span>Read markdown files…</span>
          <input type="file" accept=".md,.markdown,text/markdown" multiple disabled={busy} onChange={(event) => {
            const input = event.currentTarget;
            const chosen = [...(input.files ?? [])];
            if (chosen.length === 0) return;
            void act('Reading the files', async (desk) => pulledWords(await proposeFiles(desk, await Promise.all(chosen.map(async (file) => ({ name: file.name, text: await file.text() }))))))
              .finally(() => { input.value = ''; });
          }} />
        </label>
      </div>
      <h3>Letta</h3>
      <p class="muted">Blocks in the shape that Letta’s agents read. It leaves out {LETTA_LEAVES_OUT}. What comes from there is a proposal: you review it.</p>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void act('Exporting', async (desk) => {
          download('letta-blocks.json', 'application/json', `${JSON.stringify(await toLetta(desk), null, 1)}\n`);
          return `Exported for Letta, without ${LETTA_LEAVES_OUT}.`;
        })}>Export for Letta</button>
      </div>
      <form class="rule-form" onSubmit={(event) => event.preventDefault()}>
        <label class="field"><span>Address of a Letta server</span><input type="url" placeholder="http://localhost:8283" value={url} onInput={(event) => setUrl(event.currentTarget.value)} /></label>
        <label class="field"><span>Token, if it wants one</span><input type="password" autocomplete="off" value={token} onInput={(event) => setToken(event.currentTarget.value)} /></label>
        <div class="buttons">
          <button type="button" disabled={busy || !url} onClick={() => void act('Sending to Letta', async (desk) => {
            const { created, updated, same } = await pushToLetta(desk, server);
            return `${created.length} made, ${updated.length} changed, ${same.length} the same.`;
          })}>Send</button>
          <button type="button" disabled={busy || !url} onClick={() => void act('Reading from Letta', async (desk) => pulledWords(await pullFromLetta(desk, server)))}>Read</button>
        </div>
      </form>
    </section>
  );
}

function Storage() {
  const [info, setInfo] = useState<StorageInfo | null>(null);
  const [verdict, setVerdict] = useState('');
  const handle = db.value;
  useEffect(() => {
    void handle?.storage().then(setInfo, () => setInfo(null));
  }, [handle, tick.value]);
  return (
    <section aria-labelledby="storage-title">
      <h2 id="storage-title" tabIndex={-1}>Storage</h2>
      <p class="muted">All of it lies in this browser.</p>
      {info && (
        <dl class="figures">
          <div><dt>This database</dt><dd>{bytes(info.bytes)}</dd></div>
          <div><dt>Of this site</dt><dd>{bytes(info.usage)} of {bytes(info.quota)}</dd></div>
          <div><dt>Kept under pressure</dt><dd>{info.persisted ? 'yes' : 'not promised by the browser'}</dd></div>
        </dl>
      )}
      <div class="buttons">
        {info && !info.persisted && <button type="button" onClick={() => void act('Asking the browser', async () => ((await handle?.persist()) ? 'The browser keeps it.' : 'The browser did not promise it; export now and then.'))}>Ask the browser to keep it</button>}
        <button type="button" disabled={doing.value !== null} onClick={() => void act('Checking', async (desk) => {
          const { ok, chunks } = await desk.db.verify();
          setVerdict(ok ? `All ${chunks} pieces are whole.` : 'Something is damaged: export what you can.');
          return undefined;
        })}>Check every piece</button>
        {verdict && <p role="status">{verdict}</p>}
      </div>
    </section>
  );
}
