import { branch, databaseName, db, start, startError } from '../state/session';
import { view, wide, type View } from '../state/view';
import { BranchesPanel } from './branches-panel';
import { ChangesPanel } from './changes-panel';
import { ConsolePanel } from './console-panel';
import { ErrorNote } from './error-note';
import { Header } from './header';
import { HistoryPanel } from './history-panel';
import { LostBranch } from './lost-branch';
import { MergeBanner } from './merge-banner';
import { NoticeBar } from './notice-bar';
import { RemotesPanel } from './remotes-panel';
import { StoragePanel } from './storage-panel';
import { TablesPanel } from './tables-panel';
import { TokenQuestion } from './token-question';
import { Tour } from './tour';
import { ViewTabs } from './view-tabs';

const PANELS: [View, () => preact.JSX.Element][] = [
  ['console', ConsolePanel],
  ['changes', ChangesPanel],
  ['history', HistoryPanel],
  ['branches', BranchesPanel],
  ['remotes', RemotesPanel],
  ['storage', StoragePanel],
];

export function App() {
  return (
    <>
      <a class="skip" href="#main">Skip to content</a>
      <Header />
      <nav aria-label="Views"><ViewTabs /></nav>
      {startError.value !== null && (
        <div class="start-error">
          <ErrorNote title={`"${databaseName}" cannot be used`} reason={startError.value} />
          <button type="button" onClick={() => void start()}>Open it again</button>
        </div>
      )}
      <div class="workspace" data-branch={branch.value} data-ready={db.value !== null}>
        {wide.value && <aside class="rail" aria-label="Tables and samples"><TablesPanel /></aside>}
        <main id="main" tabIndex={-1}>
          <Tour />
          <NoticeBar />
          <TokenQuestion />
          <LostBranch />
          <MergeBanner />
          {PANELS.map(([name, Panel]) => (
            <div key={name} class={`panel panel-${name}`} id={`panel-${name}`} role="tabpanel" aria-labelledby={`tab-${name}`} hidden={view.value !== name}>
              {(name === 'console' || view.value === name) && <Panel />}
            </div>
          ))}
          {!wide.value && (
            <div class="panel" id="panel-tables" role="tabpanel" aria-labelledby="tab-tables" hidden={view.value !== 'tables'}>
              <TablesPanel />
            </div>
          )}
        </main>
      </div>
    </>
  );
}
