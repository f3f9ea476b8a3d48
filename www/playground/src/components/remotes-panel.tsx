import { fresh, remotes } from '../state/remotes';
import { online } from '../state/sync';
import { AddRemote } from './add-remote';
import { CloneForm } from './clone-form';
import { ErrorNote } from './error-note';
import { RemoteCard } from './remote-card';

export function RemotesPanel() {
  const list = remotes.value.value;
  return (
    <section class="remotes" aria-labelledby="remotes-title">
      <div class="section-head">
        <h2 id="remotes-title">Remotes</h2>
        <p class="network" role="status" data-online={online.value}>
          {!online.value && 'Offline. Work and commit as usual: pull and push when the network is back.'}
        </p>
      </div>
      {remotes.error.value !== null && <ErrorNote title="The remotes cannot be read" reason={remotes.error.value} />}
      {list.length === 0 && (
        <p class="empty">
          {remotes.ready.value
            ? 'A remote is the same database on a server, for your other devices and for other people. This one has none yet.'
            : 'Reading…'}
        </p>
      )}
      {list.map((remote) => <RemoteCard key={remote.name} remote={remote} />)}
      <div class="remote-forms">
        {fresh.value && <CloneForm />}
        <AddRemote />
        {!fresh.value && <CloneForm />}
      </div>
    </section>
  );
}
