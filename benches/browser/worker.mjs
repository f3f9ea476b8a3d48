// Runs the workload on one engine inside a worker.
import { runWorkload } from './workload.mjs';

self.onmessage = async ({ data: { engine, options } }) => {
  try {
    const { open } = await import(`./engines/${engine}.mjs`);
    await runWorkload(open, options, (result) => self.postMessage(result));
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ done: true, error: String(error?.stack ?? error) });
  }
};
