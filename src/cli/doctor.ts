import type { Command } from 'commander';
import type { Installation, Part } from '../engine/installation.js';
import type { SetExitCode } from './program.js';

/** What the doctor asks; the tests answer themselves. */
export interface DoctorOptions {
  readonly inspect?: () => Promise<Installation>;
  /** Really loads TensorFlow; rejects where that fails. */
  readonly load?: () => Promise<LoadedEngine>;
  readonly listData?: () => Promise<string>;
  readonly write?: (text: string) => void;
}

interface LoadedEngine {
  /** Version of TensorFlow's library. */
  readonly version: string;
  readonly device: 'cpu' | 'gpu';
  readonly threads: number;
}

export function addDoctor(program: Command, setExitCode: SetExitCode): void {
  program
    .command('doctor')
    .summary('whether everything is installed, and what to do where it is not')
    .description(
      'Shows every part that gen-bench needs, with its state and how to mend it. Loads TensorFlow.',
    )
    .action(async () => setExitCode(await doctor()));
}

/**
 * Prints a line a part; TensorFlow is loaded last, so that the rest is on the screen should that end the process.
 *
 * @returns 0 where all that is needed is ok, else 3
 */
export async function doctor({
  inspect = inspectHere,
  load = loadHere,
  listData = listCachedData,
  write = (text) => process.stdout.write(text),
}: DoctorOptions = {}): Promise<number> {
  const { device, parts } = await inspect();
  const data: Part = { name: 'data', state: 'ok', needed: false, detail: await listData() };
  for (const part of [...parts, data]) write(formatPart(part));
  const loadable = parts.every(({ name, state }) => state === 'ok' || !LOADING_NEEDS.includes(name));
  const loaded = loadable ? await tryLoading(load, device) : NOT_TRIED;
  write(formatPart(loaded));
  const isHealthy = [...parts, loaded].every(({ state, needed }) => state === 'ok' || !needed);
  write(
    isHealthy
      ? '\nAll that gen-bench needs is in place.\n'
      : '\nSomething is missing; see the fixes above.\n',
  );
  return isHealthy ? 0 : 3;
}

const LOADING_NEEDS = ['npm packages', 'TensorFlow', 'addon'];

const NOT_TRIED: Part = {
  name: 'loading',
  state: 'missing',
  needed: true,
  detail: 'not tried, since the parts above are not in place',
  fix: 'npm run setup',
};

async function tryLoading(load: () => Promise<LoadedEngine>, wanted: 'cpu' | 'cuda'): Promise<Part> {
  const startMs = performance.now();
  try {
    const { version, device, threads } = await load();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const detail = `TensorFlow ${version} on the ${device}, ${threads} threads, loaded in ${seconds} s`;
    if (wanted === 'cuda' && device === 'cpu') {
      const fix =
        'TensorFlow sees no GPU: check the driver (nvidia-smi), or GEN_BENCH_DEVICE=cpu npm run setup';
      return { name: 'loading', state: 'damaged', needed: true, detail, fix };
    }
    return { name: 'loading', state: 'ok', needed: true, detail };
  } catch (error) {
    const [detail = ''] = String(error instanceof Error ? error.message : error).split('\n');
    return { name: 'loading', state: 'damaged', needed: true, detail, fix: 'npm run setup' };
  }
}

/** `addon          ok       Node-API 8`, with the fix on a line of its own. */
function formatPart({ name, state, detail, fix }: Part): string {
  const fixLine = fix === undefined ? '' : `${''.padEnd(25)}fix: ${fix}\n`;
  return `${name.padEnd(16)}${state.padEnd(9)}${detail}\n${fixLine}`;
}

async function inspectHere(): Promise<Installation> {
  const { inspectInstallation } = await import('../engine/installation.js');
  return inspectInstallation();
}

async function loadHere(): Promise<LoadedEngine> {
  const engine = await import('../engine/tf.js');
  await engine.loadEngine();
  const { binding } = engine.backend;
  return {
    version: binding.TF_Version,
    device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu',
    threads: engine.threadCount(),
  };
}

async function listCachedData(): Promise<string> {
  const [{ sources }, { findSource }, { cacheDirectory }] = await Promise.all([
    import('../data/manifest.js'),
    import('../data/sources.js'),
    import('../data/cache.js'),
  ]);
  const cacheDir = cacheDirectory();
  const [all, present] = [sources(), sources().filter((source) => findSource(source, { cacheDir }))];
  const names = present.length > 0 ? present.map(({ id }) => id).join(', ') : 'none';
  return `${names} of ${all.length} sources fetched; gen-bench fetch gets the others`;
}
