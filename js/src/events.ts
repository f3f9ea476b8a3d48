import type { Events } from './types';

type Listener<K extends keyof Events> = (value: Events[K]) => void;

export class Emitter {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  on<K extends keyof Events>(event: K, listener: Listener<K>, signal?: AbortSignal): () => void {
    const own = listener as Listener<never>;
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set.add(own));
    const off = () => {
      set.delete(own);
      signal?.removeEventListener('abort', off);
    };
    if (signal?.aborted) off();
    else signal?.addEventListener('abort', off, { once: true });
    return off;
  }

  emit<K extends keyof Events>(event: K, value: Events[K]) {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        (listener as Listener<K>)(value);
      } catch (error) {
        // A listener's failure is its own: it must reach the console, and no other listener.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
