import { blocks, pending } from '../state/data';
import { addressOf, go, view, type View } from '../state/route';
import { db, databaseName, personName, start, startError } from '../state/session';
import { ActivityScreen } from './activity-screen';
import { AgentsScreen } from './agents-screen';
import { Banners } from './banners';
import { BlocksScreen } from './blocks-screen';
import { DataScreen } from './data-screen';
import { ErrorNote } from './error-note';
import { Help } from './help';
import { LiveRegion, NoticeBar } from './notice-bar';
import { ReviewScreen } from './review-screen';

const SCREENS: Record<View, [name: string, screen: () => preact.JSX.Element]> = {
  blocks: ['Blocks', BlocksScreen],
  review: ['Review', ReviewScreen],
  activity: ['Activity', ActivityScreen],
  agents: ['Agents', AgentsScreen],
  data: ['Data', DataScreen],
};

export function App() {
  const [, Screen] = SCREENS[view.value];
  const waiting = pending.value.value.length;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to content</a>
      <header class="top">
        <p class="brand"><img src="icon.svg" width="26" height="26" alt="" /> Memory blocks</p>
        <nav aria-label="Screens">
          <ul class="nav">
            {(Object.keys(SCREENS) as View[]).map((name) => (
              <li key={name}>
                <a
                  href={addressOf(name)} aria-current={view.value === name ? 'page' : undefined}
                  onClick={(event) => { if (event.metaKey || event.ctrlKey) return; event.preventDefault(); go(name); }}
                >
                  {SCREENS[name][0]}
                  {name === 'review' && waiting > 0 && <span class="badge">{waiting}<span class="hidden-text"> waiting</span></span>}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <label class="person"><span class="hidden-text">Your name</span>
          <input
            value={personName.value} placeholder="Your name" autocomplete="name" size={12}
            onInput={(event) => { personName.value = event.currentTarget.value; }}
          />
        </label>
      </header>
      <LiveRegion />
      <Banners />
      <main id="main" tabIndex={-1} data-ready={db.value !== null && blocks.ready.value && pending.ready.value} data-view={view.value}>
        <Help />
        <NoticeBar />
        {startError.value !== null ? (
          <div class="start-error">
            <ErrorNote title={`"${databaseName}" cannot be opened`} reason={startError.value} />
            <button type="button" class="primary" onClick={() => void start()}>Open it again</button>
          </div>
        ) : !db.value || !blocks.ready.value ? <p class="empty">Opening…</p> : <Screen />}
      </main>
    </>
  );
}
