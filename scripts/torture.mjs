// Kills runs and sweeps at random moments, lets them go on, and compares what they end with to runs that nobody killed:
// every number of metrics.csv and eval.csv, the weights and the optimizer's state in the checkpoint, the summary.
// Times and memory aside, all must be equal to the last bit. --mini adds the mini configs of all tasks (fetch their data
// first).
//
//   npm run test:torture -- [--kills 50] [--seed 0] [--only images-gen] [--mini] [--keep]
//
// A moment is a random time, or one of the changes in the run's directory (half-written checkpoints are rare by time
// alone). Some trials do not kill but fill the disk (as root, on a tmpfs), or start two processes at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCases } from './torture/cases.mjs';
import { difference } from './torture/compare.mjs';
import { canMount } from './torture/disk.mjs';
import { measure, torture } from './torture/trial.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '0' },
    only: { type: 'string' },
    mini: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const random = generator(Number(values.seed));

const root = mkdtempSync(join(tmpdir(), 'gen-bench-torture-'));
const cases = makeCases(join(root, 'inputs'), values.mini).filter(
  ({ name }) => !values.only || name === values.only,
);
if (cases.length === 0 || !(kills >= 1)) {
  console.error('usage: npm run test:torture -- [--kills 50] [--seed 0] [--only <case>] [--keep]');
  process.exit(2);
}
const mountable = canMount();
const failures = [];
let done = 0;

for (const one of cases) {
  one.whole = join(root, one.name, 'whole');
  one.facts = await measure(one, one.whole);
  console.log(`${one.name}: unbroken in ${(one.facts.ms / 1000).toFixed(1)} s, ${one.facts.changes} changes`);
}
for (let trial = 0; done < kills; trial++) {
  const one = cases[trial % cases.length];
  const out = join(root, one.name, `trial-${trial}`);
  const { moments, problem } = await torture(one, out, random, mountable);
  const found = problem ?? difference(one.whole, out);
  done += moments.filter((moment) => !moment.startsWith('ended')).length;
  console.log(`${found ? 'FAIL' : 'ok  '} ${one.name}: ${moments.join(', ')}${found ? `: ${found}` : ''}`);
  if (found) failures.push(out);
  else rmSync(out, { recursive: true });
}

console.log(`${done} moments, ${failures.length} failures (seed ${values.seed})`);
if (failures.length > 0) console.log(`kept: ${failures.join(' ')}`);
else if (!values.keep) rmSync(root, { recursive: true });
process.exitCode = failures.length > 0 ? 1 : 0;

/** Mulberry32: small, and the same on every machine. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
