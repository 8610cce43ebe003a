import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineFolder } from './engine.mjs';
import { withLock } from './lock.mjs';
import { explainFileError, lastLine, SetupError, say } from './report.mjs';
import { run } from './run.mjs';

const require = createRequire(import.meta.url);

/** tfjs-node-gpu looks for its addon in `lib/napi-v8` under every Node from 20 on; such an addon fits all of them. */
const NAPI_VERSION = 8;
/** Ours, linked into it as their comments say. */
const OWN_SOURCES = ['session-trace.cc', 'memory.cc', 'list-ops.cc'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);
const FLAGS = [
  ...['-O2', '-fno-math-errno', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`],
  '-Wl,--wrap=TF_SessionRun', // as session-trace.cc asks
];
const COMPILER_ADVICE =
  'install a C++17 compiler (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++)';

/** @param {string} root the clone */
const addonPaths = (root) => {
  const tfjs = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  return {
    sources: join(tfjs, 'binding'),
    addon: join(tfjs, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node'),
    library: join(tfjs, 'deps', 'lib'),
  };
};

/**
 * Whether this clone's tfjs-node-gpu has the addon built for that engine and finds the engine's libraries.
 *
 * @returns {Promise<{state: 'ok' | 'missing' | 'damaged', detail: string}>}
 */
export async function addonState(root, spec, engine = engineFolder(spec)) {
  const paths = addonPaths(root);
  const installed = await readFile(paths.addon).catch(() => undefined);
  if (!installed) return { state: 'missing', detail: `${paths.addon} is not there` };
  const built = await cachedAddon(paths, spec, engine)
    .then(readFile)
    .catch(() => undefined);
  if (!built?.equals(installed)) return { state: 'damaged', detail: `${paths.addon} is not of this engine` };
  if ((await readlink(paths.library).catch(() => '')) !== join(engine, 'tensorflow')) {
    return { state: 'damaged', detail: `${paths.library} does not lead to ${engine}` };
  }
  return { state: 'ok', detail: `Node-API ${NAPI_VERSION}, ${spec.arch}, for TensorFlow ${spec.name}` };
}

/**
 * Puts the addon into this clone: built once per engine and kept beside it, tried in a process of its own, then copied
 * (90 kB). The engine's libraries are reached through the link `deps/lib`, as the addon's run path asks.
 */
export async function installAddon(root, spec, engine = engineFolder(spec)) {
  const paths = addonPaths(root);
  const built = await cachedAddon(paths, spec, engine);
  const waiting = 'another set-up is building the addon; waiting for it';
  try {
    await withLock(`engine:${engine}`, waiting, async () => {
      if (await whyNotLoadable(built)) await build(paths, engine, built);
    });
    await mkdir(dirname(paths.addon), { recursive: true });
    await writeFile(`${paths.addon}.new`, await readFile(built), { mode: 0o755 });
    await rename(`${paths.addon}.new`, paths.addon);
    await replaceLink(join(engine, 'tensorflow'), paths.library);
  } catch (error) {
    throw explainFileError(error, 'the addon of tfjs-node-gpu');
  }
}

/**
 * Finds a C++ compiler: `CXX`, g++, c++ or clang++.
 *
 * @returns {Promise<{command: string[], version: string}>}
 */
export async function findCompiler(env = process.env) {
  const candidates = [env.CXX, 'g++', 'c++', 'clang++']
    .filter(Boolean)
    .map((words) => words.trim().split(/\s+/));
  for (const command of candidates) {
    const version = await run(command[0], [...command.slice(1), '--version'], { timeoutMs: 20_000 });
    if (version.ok) return { command, version: version.stdout.split('\n')[0] };
  }
  throw new SetupError(`no C++ compiler (g++, c++, clang++) was found on the PATH: ${COMPILER_ADVICE}`);
}

/** Where the addon made of these sources for that engine is kept, whether it exists or not. */
async function cachedAddon(paths, spec, engine) {
  const hash = createHash('sha256').update(FLAGS.join(' ') + spec.wheels[0].sha256);
  for (const name of (await readdir(paths.sources)).sort())
    hash.update(await readFile(join(paths.sources, name)));
  for (const source of OWN_SOURCES) hash.update(await readFile(source));
  return join(engine, 'addon', `${hash.digest('hex').slice(0, 16)}.node`);
}

async function build(paths, engine, built) {
  const { command } = await findCompiler();
  await mkdir(dirname(built), { recursive: true });
  const temporary = `${built}.${process.pid}.node`;
  say(`addon: compiling with ${command.join(' ')}`);
  try {
    const libraries = join(engine, 'tensorflow');
    const compiled = await run(command[0], [
      ...command.slice(1),
      ...FLAGS,
      '-DNODE_GYP_MODULE_NAME=tfjs_binding',
      `-I${join(dirname(require.resolve('node-api-headers/package.json')), 'include')}`,
      `-I${join(libraries, 'include')}`,
      join(paths.sources, 'tfjs_backend.cc'),
      join(paths.sources, 'tfjs_binding.cc'),
      ...OWN_SOURCES,
      join(libraries, 'libtensorflow_cc.so.2'),
      join(libraries, 'libtensorflow_framework.so.2'),
      // From node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8, and from the cache where it is tried first.
      '-Wl,-rpath,$ORIGIN/../../deps/lib:$ORIGIN/../tensorflow',
      '-o',
      temporary,
    ]);
    if (!compiled.ok) {
      const reason = compiled.signal ? `it was ended by ${compiled.signal}` : firstError(compiled.stderr);
      throw new SetupError(
        `${command.join(' ')} could not compile tfjs-node-gpu's addon (${reason}): ${COMPILER_ADVICE}`,
      );
    }
    const reason = await whyNotLoadable(temporary);
    if (reason) throw new SetupError(`the addon was built but does not load: ${reason}`);
    await rename(temporary, built);
  } finally {
    await rm(temporary, { force: true });
  }
}

const firstError = (text) =>
  text
    .split('\n')
    .find((line) => /error:/.test(line))
    ?.trim() ?? lastLine(text);

/** Loads an addon in a process of its own; undefined where that works, else one line that says why it does not. */
async function whyNotLoadable(addon) {
  const script =
    'try { require(process.argv[1]); } catch (e) { console.log(e.message); process.exitCode = 9; }';
  const child = await run(process.execPath, ['-e', script, addon], { env: { NODE_OPTIONS: '' } });
  if (child.ok) return undefined;
  if (child.signal === 'SIGILL')
    return "this processor lacks AVX, which TensorFlow's builds need: use a newer machine";
  if (child.signal) return `loading it ended with ${child.signal}`;
  if (child.stdout.includes('failed to map segment')) {
    return `the file system of ${dirname(addon)} forbids running libraries (noexec): set GEN_BENCH_CACHE to another folder`;
  }
  return child.stdout.trim().split('\n')[0].replace(`${addon}: `, '');
}

/** Makes `path` a link to `target` in one step, whatever was there. */
async function replaceLink(target, path) {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.new`;
  await rm(fresh, { recursive: true, force: true });
  await symlink(target, fresh);
  try {
    await rename(fresh, path);
  } catch (error) {
    if (error.code !== 'EISDIR' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(path, { recursive: true }); // a folder of libraries, as tfjs-node-gpu's own installer makes
    await rename(fresh, path);
  }
}
