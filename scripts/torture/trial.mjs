import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { smallDisk } from './disk.mjs';

const bin = fileURLToPath(new URL('../../bin/gen-bench.js', import.meta.url));
/** Longest that one process may take: something hangs then. */
const LIMIT_MS = 240_000;
const FOLDERS = ['', 'checkpoint'];

/** Runs a case without disturbance; how long that takes and how often its directories change. */
export async function measure(one, out) {
  const started = performance.now();
  let changes = 0;
  const process_ = start(one, out, []);
  const stop = onChange(out, () => changes++);
  const { code, output } = await process_.ended;
  stop();
  if (code !== 0) throw new Error(`${one.name} fails undisturbed:\n${output}`);
  return { ms: performance.now() - started, changes };
}

/**
 * Disturbs a case at a few random moments, lets it go on each time, and at last to its end.
 *
 * @returns {Promise<{moments: string[], problem?: string}>}
 */
export async function torture(one, out, random, mountable) {
  const moments = [];
  const disturbances = 1 + Math.floor(random() * 3);
  for (let i = 0; i < disturbances; i++) {
    const kind = random();
    if (kind < 0.12 && mountable && !one.isSweep) moments.push(await fillDisk(one, out, random));
    else if (kind < 0.24 && !one.isSweep) moments.push(await twoAtOnce(one, out));
    else moments.push(await killOnce(one, out, random));
    if (moments.at(-1).startsWith('!')) return { moments, problem: moments.at(-1) };
  }
  const { code, output } = await start(one, out, ['--resume']).ended;
  return { moments, problem: code === 0 ? undefined : `exit code ${code} at the end: ${output.trim()}` };
}

async function killOnce(one, out, random) {
  const child = start(one, out, ['--resume']);
  const started = performance.now();
  const kill = () => {
    const workers = one.isSweep && random() < 0.5 ? childrenOf(child.pid) : [];
    for (const pid of [child.pid, ...workers]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ended by itself
      }
    }
  };
  let stop = () => {};
  let what;
  if (random() < 0.5) {
    const delay = random() * one.facts.ms;
    const timer = setTimeout(kill, delay);
    stop = () => clearTimeout(timer);
    what = 'by time';
  } else {
    let left = 1 + Math.floor(random() * one.facts.changes);
    what = `by change ${left}`;
    stop = onChange(out, () => --left === 0 && kill());
  }
  const { code, signal, output } = await child.ended;
  stop();
  const after = `${((performance.now() - started) / 1000).toFixed(2)} s`;
  if (signal === 'SIGKILL') return `killed after ${after} (${what})`;
  return code === 0 ? `ended before the kill (${what})` : `!exit code ${code}: ${output.trim()}`;
}

/** The run must stop with exit code 2 and one line, and leave something to go on with. */
async function fillDisk(one, out, random) {
  const mount = `${out}-disk`;
  const disk = smallDisk(mount, '8m');
  try {
    const inside = join(mount, 'run');
    if (existsSync(out)) cpSync(out, inside, { recursive: true });
    const child = start(one, inside, ['--resume']);
    const timer = setTimeout(() => disk.fill(Math.floor(random() * 3)), random() * one.facts.ms);
    const { code, output } = await child.ended;
    clearTimeout(timer);
    disk.empty();
    mkdirSync(dirname(out), { recursive: true });
    if (existsSync(inside)) cpSync(inside, out, { recursive: true, force: true });
    if (code === 0) return 'ended before the disk was full';
    const clear = code === 2 && /the disk is full/.test(output) && !/\n\s+at /.test(output);
    return clear ? 'full disk' : `!full disk, exit code ${code}: ${output.trim()}`;
  } finally {
    disk.unmount();
  }
}

/** One has the directory; the other is refused, or comes when the first is done. */
async function twoAtOnce(one, out) {
  const both = await Promise.all([1, 2].map(() => start(one, out, ['--resume']).ended));
  const codes = both.map(({ code }) => code).sort();
  const refused = both.find(({ code }) => code === 2);
  const fair = codes[0] === 0 && (codes[1] === 0 || (refused && /in use by process/.test(refused.output)));
  return fair
    ? `two at once (exit codes ${codes})`
    : `!two at once, exit codes ${codes}: ${both.map(({ output }) => output.trim()).join(' | ')}`;
}

function start(one, out, more) {
  const child = spawn(process.execPath, [bin, ...one.command, '--out', out, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, output: output.slice(-2000) });
    });
  });
  return { pid: child.pid, ended };
}

/** Calls back at every change of a file in the run's directory, or in those of a sweep's runs. */
function onChange(out, callback) {
  const watched = new Map();
  const look = () => {
    const runs = existsSync(out) ? readdirSync(out, { recursive: true, withFileTypes: true }) : [];
    const seeds = runs.filter((entry) => entry.isDirectory() && entry.name.startsWith('seed-'));
    for (const seed of seeds) {
      for (const folder of FOLDERS) {
        const path = join(seed.parentPath ?? seed.path, seed.name, folder);
        if (watched.has(path) || !existsSync(path)) continue;
        watched.set(path, watch(path, callback));
      }
    }
  };
  const timer = setInterval(look, 5);
  return () => {
    clearInterval(timer);
    for (const watcher of watched.values()) watcher.close();
  };
}

function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}
