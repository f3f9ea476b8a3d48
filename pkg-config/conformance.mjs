// `npm run conformance -- PATH… [--failures]`: the runner of crates/testkit, built in release.
import { join, resolve } from 'node:path';
import { setupRust } from './setup.mjs';
import { run, say, targetDir } from './steps.mjs';

export async function conformance(args) {
  await setupRust();
  // npm starts its scripts in the package's folder; paths are meant from where the person stands.
  const from = process.env.INIT_CWD ?? process.cwd();
  const paths = args.map((arg) => (arg.startsWith('-') || /^\d+$/.test(arg) ? arg : resolve(from, arg)));
  say('building the runner');
  await run('cargo', ['build', '-q', '--release', '-p', 'prollite-testkit', '--bin', 'conformance']);
  const { code } = await run(join(targetDir, 'release', 'conformance'), paths, { mayFail: true });
  return code === 0;
}
