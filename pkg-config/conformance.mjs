// `npm run conformance -- PATH… [--failures]`: the runner of crates/testkit, built in release.
import { resolve } from 'node:path';
import { setupRust } from './setup.mjs';
import { run } from './steps.mjs';

export async function conformance(args) {
  await setupRust();
  // npm starts its scripts in the package's folder; paths are meant from where the person stands.
  const from = process.env.INIT_CWD ?? process.cwd();
  const paths = args.map((arg) => (arg.startsWith('-') || /^\d+$/.test(arg) ? arg : resolve(from, arg)));
  await run('cargo', ['build', '-q', '--release', '-p', 'prollite-testkit', '--bin', 'conformance']);
  const { code } = await run('target/release/conformance', paths, { mayFail: true });
  return code === 0;
}
