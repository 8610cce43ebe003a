import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SetupError } from './report.mjs';
import { run } from './run.mjs';

/** The folder that all clones of a user share: `GEN_BENCH_CACHE`, else `XDG_CACHE_HOME`, else `~/.cache`. */
export function cacheRoot(env = process.env) {
  if (env.GEN_BENCH_CACHE) return resolve(env.GEN_BENCH_CACHE);
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'gen-bench');
  try {
    return join(homedir(), '.cache', 'gen-bench');
  } catch {
    throw new SetupError('this user has no home folder: set GEN_BENCH_CACHE to a folder with 1.3 GB of room');
  }
}

/**
 * Throws where no TensorFlow wheel fits: the wheels want Linux with glibc 2.27 or newer on x86-64 or ARM64.
 *
 * @param {{platform: string, arch: string, glibc: string | undefined}} machine
 */
export function checkPlatform(machine = thisMachine()) {
  const { platform, arch, glibc } = machine;
  const advice =
    'run it on Linux x86-64 or ARM64 with glibc (Debian, Ubuntu, Fedora, WSL 2, or a container of these)';
  if (platform !== 'linux') throw new SetupError(`unsupported platform ${platform}: ${advice}`);
  if (arch !== 'x64' && arch !== 'arm64') throw new SetupError(`unsupported processor ${arch}: ${advice}`);
  if (glibc === undefined) {
    throw new SetupError(`unsupported C library (musl, as in Alpine): TensorFlow needs glibc; ${advice}`);
  }
  const [major, minor] = glibc.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27)) {
    throw new SetupError(
      `glibc ${glibc} is too old: TensorFlow needs 2.27 or newer (Debian 10, Ubuntu 18.04, RHEL 8)`,
    );
  }
}

function thisMachine() {
  const { platform, arch } = process;
  return { platform, arch, glibc: process.report.getReport().header.glibcVersionRuntime };
}

/**
 * Which engine this machine wants: `GEN_BENCH_DEVICE`, else CUDA where `nvidia-smi` lists a GPU, else the CPU.
 *
 * @returns {Promise<'cpu' | 'cuda'>}
 */
export async function chooseDevice(env = process.env, arch = process.arch) {
  const wanted = env.GEN_BENCH_DEVICE;
  if (wanted && wanted !== 'cpu' && wanted !== 'cuda') {
    throw new SetupError(
      `GEN_BENCH_DEVICE is "${wanted}": it must be cpu or cuda, or unset to choose by itself`,
      2,
    );
  }
  if (wanted === 'cuda' && arch !== 'x64') {
    throw new SetupError(
      `GEN_BENCH_DEVICE=cuda works on x86-64 only, this is ${arch}: set GEN_BENCH_DEVICE=cpu`,
    );
  }
  if (wanted) return wanted;
  if (arch !== 'x64') return 'cpu';
  const listing = await run('nvidia-smi', ['-L'], { timeoutMs: 10_000 });
  return listing.ok && listing.stdout.includes('GPU ') ? 'cuda' : 'cpu';
}
