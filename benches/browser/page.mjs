// Runs the workload on one engine, in a worker or, for engines that have a worker of their own, here.
import { runWorkload } from './workload.mjs';

export async function bench(engine, options, { inPage }) {
  const results = [];
  const report = (result) => {
    results.push(result);
    console.log(JSON.stringify(result));
  };
  if (inPage) {
    const { open } = await import(`./engines/${engine}.mjs`);
    await runWorkload(open, options, report);
    return results;
  }
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  await new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the worker cannot be loaded'));
    worker.onmessage = ({ data }) => {
      if (!data.done) report(data);
      else if (data.error) reject(new Error(data.error));
      else resolve();
    };
    worker.postMessage({ engine, options });
  });
  worker.terminate();
  return results;
}
