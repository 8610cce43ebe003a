import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lastLine, SetupError } from './report.mjs';
import { run } from './run.mjs';

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));
const installedList = (root) => join(root, 'node_modules', '.package-lock.json');

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own list of what it has installed when
 * everything is in place; it is compared, so that an `npm install` by hand counts as well as ours.
 *
 * @returns {Promise<{state: 'ok' | 'missing' | 'damaged', detail: string}>}
 */
export async function dependenciesState(root) {
  const wanted = (await readJson(join(root, 'package-lock.json'))).packages;
  const installed = await readJson(installedList(root)).then(
    (list) => list.packages,
    () => undefined,
  );
  if (!installed) return { state: 'missing', detail: 'node_modules is not there or not complete' };
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const found = installed[path];
    if (!found && entry.optional) continue; // for another platform
    if (found?.version !== entry.version || found.integrity !== entry.integrity) {
      return { state: 'damaged', detail: `${path} ${entry.version} is not the one installed` };
    }
  }
  return { state: 'ok', detail: `${Object.keys(installed).length} packages as in package-lock.json` };
}

/** Installs what package-lock.json asks for, install scripts off. */
export async function installDependencies(root) {
  // npm empties node_modules first: without its list, a run that is cut short is not taken for complete.
  await rm(installedList(root), { force: true });
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const [command, ...before] = npmCommand();
  const npm = await run(command, [...before, ...args, ...quiet], { cwd: root, keepLock: true });
  if (!npm.found) throw new SetupError('npm was not found on the PATH: install the npm that belongs to Node');
  if (!npm.ok) throw new SetupError(explainNpmFailure(npm.stderr));
  const { state, detail } = await dependenciesState(root);
  if (state !== 'ok')
    throw new SetupError(`npm ci left node_modules incomplete (${detail}): run npm ci --ignore-scripts`);
}

/** The npm that started us, else the one on the PATH. */
function npmCommand(env = process.env) {
  const cli = env.npm_execpath;
  return cli && basename(cli) === 'npm-cli.js' ? [process.execPath, cli] : ['npm'];
}

/** One line that says why `npm ci` failed and what to do. */
export function explainNpmFailure(stderr) {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(stderr)?.[1];
  const detail = lastErrorOf(stderr);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ETIMEDOUT':
    case 'ERR_SOCKET_TIMEOUT':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `no network: npm could not reach the package registry (${code}); connect, or set the registry or proxy (npm config), then run this again`;
    case 'ENOSPC':
      return 'the disk filled up while npm installed the packages: free about 1 GB and run this again';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `npm cannot write here (${code}): ${detail}; make the clone and npm's cache writable (npm config get cache)`;
    case 'EINTEGRITY':
      return 'a package does not match its checksum in package-lock.json: npm cache clean --force, then run this again';
    case 'EUSAGE':
      return 'package.json and package-lock.json do not agree: npm install --ignore-scripts, then run this again';
    default:
      return `npm ci failed${code ? ` (${code})` : ''}: ${detail}; npm ci --ignore-scripts shows all of it`;
  }
}

function lastErrorOf(stderr) {
  const lines = stderr.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  const texts = lines.map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim());
  const said = texts.filter((text) => text && !/^(code|errno|syscall|path|dest|A complete log)/.test(text));
  return (said[0] ?? lastLine(stderr)).replace(/^\[?Error: |\]? \{$/g, '');
}
