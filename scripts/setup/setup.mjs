import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonState, installAddon } from './addon.mjs';
import { build, buildState } from './build.mjs';
import { dependenciesState, installDependencies } from './dependencies.mjs';
import { engineState, installEngine } from './engine.mjs';
import { withLock } from './lock.mjs';
import { checkPlatform, chooseDevice } from './platform.mjs';
import { explainFileError, SetupError, say, step } from './report.mjs';
import { endChildren } from './run.mjs';
import { engineSpec } from './wheels.mjs';

const USAGE = `Usage: npm run setup
Installs the npm packages, TensorFlow's library and its addon, and builds dist. What is in place is left alone.
Environment: GEN_BENCH_CACHE=<folder for TensorFlow and data> GEN_BENCH_DEVICE=cpu|cuda
`;

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Sets the exit code and says one line about whatever keeps this clone from being set up. */
export async function main(args) {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      endChildren();
      say('interrupted; run it again to go on');
      process.exit(exitCode);
    });
  }
  try {
    if (args.includes('--help') || args.includes('-h')) process.stdout.write(USAGE);
    else if (args.length > 0)
      throw new SetupError(`unknown argument ${args[0]}; see npm run setup -- --help`, 2);
    else await setup(ROOT);
  } catch (thrown) {
    const error = explainFileError(thrown, 'this clone');
    const known = error instanceof SetupError;
    say(`error: ${known ? error.message : `a defect of set-up, please report it: ${where(error)}`}`);
    process.exit(known ? error.exitCode : 1);
  }
}

/** Brings a clone into working order; does nothing where it is. */
async function setup(root) {
  const startMs = performance.now();
  const spec = engineSpec(await chooseDevice());
  if (!(await isReady(root, spec))) {
    checkPlatform();
    const waiting = 'another set-up of this clone is running; waiting for it';
    await withLock(`clone:${root}`, waiting, () => install(root, spec), { inheritable: true });
  }
  say(`ready (${spec.name}, ${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
}

async function isReady(root, spec) {
  const states = await Promise.all([
    dependenciesState(root),
    engineState(spec),
    addonState(root, spec),
    buildState(root),
  ]);
  return states.every(({ state }) => state === 'ok');
}

/** The packages and the engine come at the same time, then what is made of them. */
async function install(root, spec) {
  await together([
    unlessOk('npm packages', dependenciesState(root), () => installDependencies(root)),
    unlessOk('engine', engineState(spec), () => installEngine(spec)),
  ]);
  await unlessOk('addon', addonState(root, spec), () => installAddon(root, spec));
  await unlessOk('build', buildState(root), () => build(root));
}

async function unlessOk(name, state, action) {
  if ((await state).state !== 'ok') await step(name, action);
}

/** Like `Promise.all`, but ends the others' programs at the first failure and lets them clean up. */
async function together(actions) {
  try {
    await Promise.all(actions);
  } catch (error) {
    endChildren();
    await Promise.allSettled(actions);
    throw error;
  }
}

/** Message and place of an unexpected error, on one line. */
function where(error) {
  const [first, place] = String(error?.stack ?? error).split('\n');
  return `${first} ${place?.trim() ?? ''}`;
}
