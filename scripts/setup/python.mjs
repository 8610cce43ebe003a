import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBytes } from './folder-bytes.mjs';
import { formatBytes, lastLine, SetupError } from './report.mjs';
import { run } from './run.mjs';
import { platformTags } from './wheels.mjs';

const MIN_PIP = 20;
const INSTALL_ADVICE = 'install both (Debian and Ubuntu: apt-get install python3 python3-pip)';

/**
 * The first working Python with a pip new enough, of `python3` and `python` on the PATH. Only set-up needs it: to
 * download TensorFlow's wheel and to unpack it.
 *
 * @returns {Promise<{command: string, version: string, pip: string}>}
 * @throws {SetupError} naming what is missing and how to get it
 */
export async function findPython() {
  let problem = `python3 was not found on the PATH, and it fetches TensorFlow's library: ${INSTALL_ADVICE}`;
  for (const command of ['python3', 'python']) {
    const python = await run(command, ['--version'], { timeoutMs: 20_000 });
    if (!python.ok || !/Python 3\./.test(python.stdout)) {
      if (python.found && command === 'python3') {
        problem = `python3 is on the PATH but does not run (${lastLine(python.stderr) || `exit code ${python.code}`}): mend or reinstall it`;
      }
      continue;
    }
    const version = python.stdout.trim().replace('Python ', '');
    const pip = await run(command, ['-m', 'pip', '--version'], { timeoutMs: 20_000 });
    const found = /^pip (\d+)(\S*)/m.exec(pip.stdout);
    if (!pip.ok || !found) {
      problem = `${command} ${version} has no pip, and it fetches TensorFlow's library: apt-get install python3-pip, or ${command} -m ensurepip`;
    } else if (Number(found[1]) < MIN_PIP) {
      problem = `pip ${found[1]}${found[2]} is too old, ${MIN_PIP}.0 or newer is needed: ${command} -m pip install --user --upgrade pip`;
    } else {
      return { command, version, pip: found[1] + found[2] };
    }
  }
  throw new SetupError(problem);
}

/**
 * Downloads one wheel.
 *
 * @param {{command: string}} python
 * @param {{project: string, version: string, bytes: number}} wheel
 * @param {string} folder where it goes, made for it alone: pip's temporary files go there too
 * @param {string} arch Node's name of the processor
 * @param {(bytes: number) => void} [onProgress] called every few seconds with what has come so far
 * @returns {Promise<string>} its path
 */
export async function downloadWheel(python, wheel, folder, arch, onProgress) {
  const requirement = `${wheel.project}==${wheel.version}`;
  const timer = setInterval(async () => onProgress?.(await folderBytes(folder)), 10_000);
  const pip = await run(
    python.command,
    ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-deps']
      .concat(['--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'])
      .concat(platformTags(arch).flatMap((tag) => ['--platform', tag]))
      .concat(['--retries', '2', '--timeout', '30', '--progress-bar', 'off', '--dest', folder, requirement]),
    { env: { TMPDIR: folder } },
  );
  clearInterval(timer);
  if (!pip.ok) throw new SetupError(explainPipFailure(pip.stderr + pip.stdout, requirement, wheel.bytes));
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!file) throw new SetupError(`pip downloaded no wheel for ${requirement}: ${lastLine(pip.stdout)}`);
  return join(folder, file);
}

/** One line that says why `pip download` failed and what to do. */
export function explainPipFailure(output, requirement, bytes = 0) {
  const about = `${requirement}${bytes ? ` (${formatBytes(bytes)})` : ''}`;
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    return `the disk filled up while ${about} was downloaded: free some room, or set GEN_BENCH_CACHE to a folder on another disk`;
  }
  if (/CERTIFICATE_VERIFY_FAILED|SSLError/.test(output)) {
    return `the package index's certificate was refused while downloading ${about}: set PIP_CERT to your organisation's certificate file`;
  }
  if (/ProxyError|407 Proxy/.test(output)) {
    return `the proxy refused pip's download of ${about}: check HTTPS_PROXY`;
  }
  if (
    /NewConnectionError|NameResolutionError|name resolution|Max retries|ConnectTimeout|ReadTimeout|refused|unreachable|timed out|Connection(Reset|broken| aborted)|IncompleteRead/i.test(
      output,
    )
  ) {
    return `no network: pip could not reach the package index to download ${about}; connect, or set HTTPS_PROXY or PIP_INDEX_URL, then run this again`;
  }
  if (/No matching distribution|Could not find a version/.test(output)) {
    return `the package index in use has no ${requirement} for this platform: use https://pypi.org/simple (PIP_INDEX_URL; pip config list shows what is set)`;
  }
  return `pip could not download ${about}: ${lastLine(output) || 'it said nothing'}`;
}
