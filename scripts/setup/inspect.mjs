import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonState, findCompiler } from './addon.mjs';
import { buildState } from './build.mjs';
import { dependenciesState } from './dependencies.mjs';
import { engineState } from './engine.mjs';
import { folderBytes } from './folder-bytes.mjs';
import { NODE_RANGE, nodeProblem } from './node-version.mjs';
import { cacheRoot, checkPlatform, chooseDevice } from './platform.mjs';
import { findPython } from './python.mjs';
import { formatBytes } from './report.mjs';
import { engineSpec } from './wheels.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SETUP = 'npm run setup';

/**
 * The state of everything that set-up puts in place or needs for it, each part looked at without loading TensorFlow.
 * The types are in inspect.d.mts.
 */
export async function inspect(root = ROOT) {
  const spec = engineSpec(await chooseDevice());
  const engine = await engineState(spec);
  const toolsNeeded = engine.state !== 'ok';
  const parts = await Promise.all([
    inspectNode(),
    tool('platform', true, async () => {
      checkPlatform();
      const isTried = spec.name.endsWith('-cpu');
      return `Linux ${process.arch}, engine ${spec.name}${isTried ? '' : ' (not yet tried on such a machine)'}`;
    }),
    stateOf('npm packages', dependenciesState(root)),
    stateOf('TensorFlow', engineDetail(engine, spec)),
    stateOf('addon', addonState(root, spec)),
    stateOf('build', buildState(root)),
    tool('Python and pip', toolsNeeded, async () => {
      const { command, version, pip } = await findPython();
      return `${command} ${version}, pip ${pip}`;
    }),
    tool('C++ compiler', toolsNeeded, async () => (await findCompiler()).version),
    inspectCache(toolsNeeded ? spec.bytesNeeded : 0),
  ]);
  return { device: spec.device, parts };
}

function inspectNode() {
  const problem = nodeProblem(process.versions.node);
  return problem
    ? { name: 'Node', state: 'damaged', needed: true, detail: process.versions.node, fix: problem }
    : { name: 'Node', state: 'ok', needed: true, detail: `${process.versions.node} (${NODE_RANGE})` };
}

async function stateOf(name, pending) {
  const { state, detail } = await pending.catch((error) => ({ state: 'damaged', detail: error.message }));
  return { name, state, needed: true, detail, ...(state === 'ok' ? {} : { fix: SETUP }) };
}

/** A part that is found or not; the error says how to get it. */
async function tool(name, needed, find) {
  try {
    return { name, state: 'ok', needed, detail: await find() };
  } catch (error) {
    const detail = needed ? 'not usable' : 'not usable; only set-up would need it';
    return { name, state: 'missing', needed, detail, fix: error.message };
  }
}

async function engineDetail({ state, detail }, spec) {
  return {
    state,
    detail: state === 'ok' ? `${detail}, wheel sha256 ${spec.wheels[0].sha256.slice(0, 8)}` : detail,
  };
}

async function inspectCache(bytesNeeded) {
  const folder = cacheRoot();
  const existing = await nearestExisting(folder);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const used = await folderBytes(folder);
  const detail = `${folder}, ${formatBytes(used)} used, ${formatBytes(free)} free`;
  const part = { name: 'cache folder', needed: true, detail };
  const advice = 'or set GEN_BENCH_CACHE to another folder';
  if (free < bytesNeeded) {
    return { ...part, state: 'missing', fix: `free ${formatBytes(bytesNeeded)} for TensorFlow, ${advice}` };
  }
  const isWritable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  // A cache that another user filled serves as it is.
  if (!isWritable)
    return { ...part, state: 'missing', needed: bytesNeeded > 0, fix: `make it writable, ${advice}` };
  return { ...part, state: 'ok' };
}

async function nearestExisting(path) {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? path : nearestExisting(dirname(path));
}
