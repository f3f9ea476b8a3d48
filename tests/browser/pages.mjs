// Pages with the package imported: `prollite` is a global of each.
import { openPage } from './harness.mjs';

export async function prollitePage(context, server) {
  const page = await openPage(context, server);
  await importInto(page);
  return page;
}

export async function importInto(page) {
  await page.evaluate(async () => {
    globalThis.prollite = await import('/dist/index.js');
    // Errors lose their fields on the way to the test.
    globalThis.failure = async (promise) => {
      try {
        await promise;
      } catch ({ code, message, position, hint, retryable, name }) {
        return { code, message, position, hint, retryable, name };
      }
      return undefined;
    };
  });
}

/** A counter from the environment, with its quick default. */
export function count(name, quick) {
  const given = Number(process.env[name]);
  return Number.isInteger(given) && given > 0 ? given : quick;
}
