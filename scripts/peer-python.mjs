import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = [
  'torch==2.15.0',
  'torchvision==0.29.2',
  'timm==1.0.31',
  'transformers==5.23.0',
  'peft',
  'safetensors',
];
/** Wheels without CUDA, a tenth of the size; where it cannot be reached, PyPI's do as well. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

/**
 * Python with PyTorch, timm and transformers, whose results and times ours are compared with:
 * `$GEN_BENCH_PEER_PYTHON`, else a virtual environment in the cache folder, made on first use.
 */
export function peerPython() {
  if (process.env.GEN_BENCH_PEER_PYTHON) return process.env.GEN_BENCH_PEER_PYTHON;
  const cache =
    process.env.GEN_BENCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gen-bench');
  const folder = join(cache, 'peer-venv');
  const executable = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'ready'))) return executable;
  process.stderr.write(`making ${folder} with ${PACKAGES.join(', ')}\n`);
  mkdirSync(cache, { recursive: true });
  const pip = [executable, '-m', 'pip', 'install', '-q'];
  const torch = PACKAGES.slice(0, 2);
  const installTorch = () => {
    if (run(...pip, '--retries', '0', '--index-url', CPU_INDEX, ...torch)) return true;
    process.stderr.write("PyTorch for CPUs cannot be had from there; taking PyPI's, some 2 GB with CUDA\n");
    return run(...pip, ...torch);
  };
  if (!run('python3', '-m', 'venv', folder) || !installTorch() || !run(...pip, ...PACKAGES.slice(2))) {
    process.exit(3);
  }
  writeFileSync(join(folder, 'ready'), PACKAGES.join('\n'));
  return executable;
}

function run(command, ...args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.stderr.write(`${command} ${args.slice(0, 4).join(' ')} … failed\n`);
  return status === 0;
}
