import { closedError } from './errors';
import { SessionQueries } from './queryable';
import { RemoteCalls } from './remotes';
import { letGo, RefReader } from './reader';
import type { Link, Session } from './rpc';
import { transact } from './transaction';
import { Versions } from './vc';
import type {
  Db, Events, Opts, Person, Reader, Ref, Remotes, Report, Status, StorageInfo, TransactionOptions, Tx, TypeOpts, VersionControl,
} from './types';

export class Handle extends SessionQueries implements Db {
  readonly vc: VersionControl;
  readonly remotes: Remotes;
  private readonly readers = new Set<Session>();
  private closing?: Promise<void>;

  constructor(
    link: Link,
    session: Session,
    types: TypeOpts,
    private readonly author: Person | undefined,
  ) {
    super(link, session, types);
    this.vc = new Versions(this, author);
    this.remotes = new RemoteCalls(this, author);
    link.retain();
  }

  get name(): string {
    return this.link.name;
  }

  get branch(): string {
    return this.session.branch;
  }

  get status(): Status {
    return this.closing ? 'closed' : this.link.status;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    this.check();
    return transact(this.link, this.branch, this.types, this.author, work, options);
  }

  async connect(branch: string): Promise<Db> {
    this.check();
    return new Handle(this.link, await this.link.connect(branch), this.types, this.author);
  }

  at(ref: Ref): Reader {
    this.check();
    return new RefReader(this, ref, this.readers, this.types);
  }

  async storage(): Promise<StorageInfo> {
    this.check();
    const figures = await this.link.ask<Partial<StorageInfo>>({ what: 'figures' });
    const manager = globalThis.navigator?.storage as StorageManager | undefined;
    const [estimate, persisted] = await Promise.all([
      manager?.estimate?.() ?? Promise.resolve<StorageEstimate>({}),
      manager?.persisted?.() ?? Promise.resolve(false),
    ]);
    const { usage = 0, quota = 0 } = estimate;
    return { chunks: 0, packs: 0, bytes: 0, ...figures, usage, quota, persisted };
  }

  async persist(): Promise<boolean> {
    const manager = globalThis.navigator?.storage as StorageManager | undefined;
    return (await manager?.persist?.()) ?? false;
  }

  async gc({ prune = false, ...options }: Opts & { prune?: boolean } = {}): Promise<{ freed: number }> {
    this.check();
    const { freed } = await this.link.ask<{ freed: number }>({ what: 'gc', prune }, options);
    return { freed };
  }

  async verify(options: Opts = {}): Promise<Report> {
    this.check();
    return this.link.ask<Report>({ what: 'verify' }, options);
  }

  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void, options: { signal?: AbortSignal } = {}): () => void {
    if (event === 'change' || event === 'ref') this.link.listen();
    return this.link.emitter.on(event, listener, options.signal);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.session.dead = closedError();
    this.link.disconnect(this.session);
    letGo(this.link, this.readers);
    await this.link.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private check() {
    if (this.closing) throw closedError();
  }
}
