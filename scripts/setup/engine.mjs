import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { cacheRoot } from './platform.mjs';
import { downloadWheel, findPython } from './python.mjs';
import { explainFileError, formatBytes, lastLine, SetupError, say } from './report.mjs';
import { run } from './run.mjs';

const STAMP = 'stamp.json';
const DAY_MS = 86_400_000;

/**
 * What is taken out of the wheels: TensorFlow's two libraries, the headers that the addon includes, and NVIDIA's
 * libraries with ptxas and libdevice. The paths are kept: the libraries look for `../nvidia/<package>/lib`.
 */
const PATTERNS = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/*.h',
  'tensorflow/include/tensorflow/core/platform/ctstring*',
  'tensorflow/include/tsl/platform/ctstring*',
  'tensorflow/include/xla/tsl/c/*.h',
  'nvidia/*.so',
  'nvidia/*.so.*',
  'nvidia/*/bin/*',
  'nvidia/*.bc',
];

/** Where the engine of that name is, or belongs. */
export function engineFolder(spec, root = cacheRoot()) {
  return join(root, 'engine', spec.name);
}

/**
 * Compares an engine's libraries with its stamp, which was written after everything else. Sizes and times are looked
 * at, contents only where a time has changed.
 *
 * @returns {Promise<{state: 'ok' | 'missing' | 'damaged', detail: string}>}
 */
export async function engineState(spec, folder = engineFolder(spec)) {
  const stamp = await readStamp(folder);
  if (!stamp) {
    return (await exists(folder))
      ? { state: 'damaged', detail: `${folder} has no valid ${STAMP}` }
      : { state: 'missing', detail: `${folder} is not there` };
  }
  const hashes = (wheels) => wheels.map((wheel) => wheel.sha256).join();
  if (hashes(stamp.wheels) !== hashes(spec.wheels)) {
    return { state: 'damaged', detail: `${folder} comes from other wheels than those pinned` };
  }
  for (const file of stamp.files) {
    const path = join(folder, file.path);
    const info = await stat(path).catch(() => undefined);
    if (info?.size !== file.bytes) return { state: 'damaged', detail: `${path} is missing or cut off` };
    if (Math.floor(info.mtimeMs) !== file.mtimeMs && (await sha256(path)) !== file.sha256) {
      return { state: 'damaged', detail: `${path} was changed` };
    }
  }
  return { state: 'ok', detail: `TensorFlow ${stamp.tensorflow}, ${stamp.device}, in ${folder}` };
}

/**
 * Downloads, checks and unpacks an engine where it is not whole. It is made in a temporary folder and renamed into
 * place, so what carries the name is always complete.
 */
export async function installEngine(spec, folder = engineFolder(spec)) {
  const waiting = 'another set-up is downloading the engine; waiting for it';
  await withLock(`engine:${folder}`, waiting, async () => {
    if ((await engineState(spec, folder)).state === 'ok') return;
    const python = await findPython();
    const parent = dirname(folder);
    const temporary = join(parent, `.${spec.name}.${hostname()}.${process.pid}`);
    try {
      await mkdir(parent, { recursive: true });
      await removeLeftovers(parent, spec.name);
      await checkRoom(parent, spec);
      await mkdir(temporary);
      const made = join(temporary, 'engine');
      for (const wheel of spec.wheels) await addWheel(python, wheel, spec.arch, temporary, made);
      await writeStamp(made, spec);
      await moveIntoPlace(made, folder, spec, join(temporary, 'old'));
    } catch (error) {
      throw explainFileError(error, 'the engine in the cache folder');
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the next set-up tries again
    }
  });
}

async function addWheel(python, wheel, arch, temporary, made) {
  const folder = join(temporary, 'download');
  await mkdir(folder);
  const title = `${wheel.project} ${wheel.version}`;
  say(`engine: downloading ${title}, ${formatBytes(wheel.bytes)}`);
  const file = await downloadWheel(python, wheel, folder, arch, (bytes) =>
    say(`engine: ${formatBytes(bytes)} of ${formatBytes(wheel.bytes)}`),
  );
  const found = await sha256(file);
  if (found !== wheel.sha256) {
    throw new SetupError(
      `wrong checksum: ${title} has sha256 ${found}, expected ${wheel.sha256}; the download was damaged or the package index is not PyPI (pip config list): run this again, or set PIP_INDEX_URL=https://pypi.org/simple`,
    );
  }
  const script = fileURLToPath(new URL('unpack.py', import.meta.url));
  const unpacked = await run(python.command, [script, file, made, ...PATTERNS]);
  if (!unpacked.ok) {
    const reason = lastLine(unpacked.stderr);
    const advice = /No space|quota/i.test(reason)
      ? 'free some room, or set GEN_BENCH_CACHE to a folder on another disk'
      : 'run this again';
    throw new SetupError(`cannot unpack ${title}: ${reason}; ${advice}`);
  }
  await rm(folder, { recursive: true });
}

async function writeStamp(made, spec) {
  const names = await readdir(made, { recursive: true }).catch(() => []);
  const libraries = names.filter((name) => /\.so(\.[0-9.]+)?$/.test(name)).sort();
  if (!libraries.includes('tensorflow/libtensorflow_cc.so.2')) {
    throw new SetupError(
      'the TensorFlow wheel holds no libtensorflow_cc.so.2; please report this as a defect',
      1,
    );
  }
  const files = [];
  for (const path of libraries) {
    const info = await stat(join(made, path));
    const hash = await sha256(join(made, path));
    files.push({ path, bytes: info.size, mtimeMs: Math.floor(info.mtimeMs), sha256: hash });
  }
  const wheels = spec.wheels.map(({ project, version, sha256 }) => ({ project, version, sha256 }));
  const stamp = { tensorflow: spec.wheels[0].version, device: spec.device, arch: spec.arch, wheels, files };
  await writeFile(join(made, STAMP), `${JSON.stringify(stamp, null, 2)}\n`);
}

async function moveIntoPlace(made, folder, spec, old) {
  try {
    await rename(made, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    if ((await engineState(spec, folder)).state === 'ok') return; // a set-up on another machine was first
    await rename(folder, old);
    await rename(made, folder);
  }
}

/** Removes what killed set-ups left: those of dead processes of this machine, and anything a day old. */
async function removeLeftovers(parent, name) {
  const prefix = `.${name}.`;
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(prefix)) continue;
    const path = join(parent, entry);
    const own = entry.startsWith(`${prefix}${hostname()}.`);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    if ((own && !isAlive(Number(entry.split('.').at(-1)))) || Date.now() - mtimeMs > DAY_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function checkRoom(folder, spec) {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < spec.bytesNeeded) {
    throw new SetupError(
      `not enough disk: the engine needs ${formatBytes(spec.bytesNeeded)} in ${folder}, ${formatBytes(bavail * bsize)} are free; free some, or set GEN_BENCH_CACHE to a folder on another disk`,
    );
  }
}

async function readStamp(folder) {
  try {
    const stamp = JSON.parse(await readFile(join(folder, STAMP), 'utf8'));
    return Array.isArray(stamp.files) && Array.isArray(stamp.wheels) ? stamp : undefined;
  } catch {
    return undefined;
  }
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );
