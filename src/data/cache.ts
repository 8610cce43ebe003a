import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Folder of downloads: `$GEN_BENCH_CACHE`, else `$XDG_CACHE_HOME/gen-bench`, else `~/.cache/gen-bench`. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.GEN_BENCH_CACHE) return resolve(env.GEN_BENCH_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gen-bench');
}
