// The worker's script: one file without imports once it is bundled. Imported by hand it does nothing by itself.
import type { ToWorker } from './protocol';
import { serve } from './host';

export { serve };

interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

declare const WorkerGlobalScope: (new () => object) | undefined;

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const scope = globalThis as unknown as WorkerScope;
  const take = serve((message, transfer) => scope.postMessage(message, transfer ?? []));
  scope.addEventListener('message', ({ data }) => {
    if ((data as { prollite?: number } | null)?.prollite === 1) take(data as ToWorker);
  });
}
