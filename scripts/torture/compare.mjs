import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} expected directory of the unbroken run or sweep
 * @param {string} found directory of the broken one
 * @returns {string | undefined} what differs first
 */
export function difference(expected, found) {
  const left = readdirSync(found, { recursive: true }).filter((name) => /\.tmp$|\.lock/.test(name));
  if (left.length > 0) return `left behind: ${left.join(', ')}`;
  const runs = runDirectories(expected);
  for (const run of runs) {
    for (const [file, read] of Object.entries(readers)) {
      const [a, b] = [expected, found].map((dir) => attempt(() => read(join(dir, run, file))));
      if (a === b) continue;
      const [linesA, linesB] = [a.split('\n'), b.split('\n')];
      const at = linesA.findIndex((line, i) => line !== linesB[i]);
      return `${run}/${file}, line ${at + 1}: expected ${linesA[at]?.slice(0, 200)}, found ${linesB[at]?.slice(0, 200)}`;
    }
  }
  return undefined;
}

function attempt(read) {
  try {
    return read();
  } catch (error) {
    return `cannot be read: ${error.message}`;
  }
}

const runDirectories = (root) =>
  readdirSync(root, { recursive: true })
    .filter((name) => name.endsWith('metrics.csv'))
    .map((name) => name.slice(0, -'/metrics.csv'.length));

/** Files of a run as text, without what no two runs share: times and memory. */
const readers = {
  'config.yaml': (path) => readFileSync(path, 'utf8'),
  'metrics.csv': withoutTimes,
  'eval.csv': withoutTimes,
  'summary.json': (path) => {
    const { time: _, ...summary } = JSON.parse(readFileSync(path, 'utf8'));
    return JSON.stringify(summary, null, 1);
  },
  'checkpoint/latest.safetensors': (path) => {
    const bytes = readFileSync(path);
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString());
    const state = JSON.parse(header.__metadata__['gen-bench']);
    state.wallMs = 0; // the checksum in it stands for the tensors' bytes
    const sorted = Object.fromEntries(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1)));
    return JSON.stringify({ ...header, __metadata__: sorted }, null, 1);
  },
};

function withoutTimes(path) {
  const [header, ...rows] = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(','));
  const kept = header.flatMap((name, i) => (/_ms$|peak_tensor_bytes/.test(name) ? [] : [i]));
  return [header, ...rows].map((fields) => kept.map((i) => fields[i]).join(',')).join('\n');
}
