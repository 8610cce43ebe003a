import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLine, SetupError } from './report.mjs';
import { run } from './run.mjs';

const stampPath = (root) => join(root, 'dist', '.build.json');

/**
 * Whether dist was built from the sources as they are.
 *
 * @returns {Promise<{state: 'ok' | 'missing' | 'damaged', detail: string}>}
 */
export async function buildState(root) {
  const stamp = await readFile(stampPath(root), 'utf8').then(JSON.parse, () => undefined);
  const sources = await sourceFiles(root);
  if (!stamp) return { state: 'missing', detail: 'dist is not there or not complete' };
  if (stamp.hash !== (await hashOf(root, sources)))
    return { state: 'damaged', detail: 'the sources have changed' };
  const outputs = await Promise.all(
    outputsOf(sources).map((path) => stat(join(root, path)).catch(() => undefined)),
  );
  if (outputs.some((info) => !info)) return { state: 'damaged', detail: 'a file is missing in dist' };
  return { state: 'ok', detail: `${sources.length} sources in dist` };
}

/** Compiles src to dist and removes what no source stands behind any more. The stamp is written last. */
export async function build(root) {
  await rm(stampPath(root), { force: true });
  const sources = await sourceFiles(root);
  const hash = await hashOf(root, sources);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    keepLock: true,
  });
  if (!result.ok) {
    const errors = result.stdout.split('\n').filter((line) => /error TS/.test(line));
    const first = errors[0] ?? lastLine(result.stderr + result.stdout);
    throw new SetupError(`the build failed: ${first} (${errors.length} in all; npm run build shows them)`, 1);
  }
  await removeOrphans(root, sources);
  await writeFile(stampPath(root), `${JSON.stringify({ hash })}\n`);
}

async function removeOrphans(root, sources) {
  const known = new Set(outputsOf(sources));
  for (const name of await readdir(join(root, 'dist'), { recursive: true })) {
    const path = `dist/${name}`;
    if (path.endsWith('.js') && !known.has(path)) {
      const stem = join(root, path.slice(0, -'.js'.length));
      for (const ending of ['.js', '.js.map', '.d.ts']) await rm(stem + ending, { force: true });
    }
  }
}

/** The sources that tsconfig.build.json compiles, as `src/…`. */
async function sourceFiles(root) {
  const names = await readdir(join(root, 'src'), { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing/'))
    .map((name) => `src/${name}`)
    .sort();
}

const outputsOf = (sources) =>
  sources
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => path.replace(/^src\//, 'dist/').replace(/ts$/, 'js'));

async function hashOf(root, sources) {
  const hash = createHash('sha256');
  for (const path of [
    'tsconfig.json',
    'tsconfig.build.json',
    'node_modules/typescript/package.json',
    ...sources,
  ]) {
    hash.update(`${path}\n`).update(await readFile(join(root, path)).catch(() => ''));
  }
  return hash.digest('hex');
}
