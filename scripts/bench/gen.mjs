// `npm run bench:gen`: what GeN costs beside its base optimizer, ours alone. Base steps and GeN steps take turns in one
// process over the same model and batches; relative speed is base time / GeN time, so 1 means that GeN is free. N pairs
// are taken at Φ = 1, N/√Φ at larger Φ.
//
//   npm run bench:gen -- [--only NAME[,NAME]] [--pairs N] [--json FILE]
//   npm run bench:gen -- --growth FILE.svg [--json FILE]    the cost of a probe over model size, batch and Φ, as curves
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawGrowth } from './gen-growth.mjs';
import { machine } from './machine.mjs';
import { median } from './median.mjs';
import { works } from './works.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const INTERVALS = [1, 4, 8];
/** Ways to probe, with the relative speeds that each is to reach at Φ = 1, 4, 8. */
const methods = {
  'three-point': {
    options: { preset: 'paper' },
    goals: { resnet50: [0.62, 0.87, 0.93], gpt2: [0.52, 0.82, 0.9] },
  },
  'one-sided': {
    options: { preset: 'paper', fit: 'one-sided' },
    goals: { resnet50: [0.76, 0.93, 0.965], gpt2: [0.68, 0.89, 0.945] },
  },
  // three passes over a batch of its own: the default, dearer by one pass than the paper counts
  'next-batch': { options: { preset: 'authors' }, intervals: [1], goals: {} },
};
const MEMORY_GOAL = 1.05;
/** Peaks differ by some 3 % from run to run, as threads and allocations fall. */
const MEMORY_RUNS = [1, 2, 3];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    pairs: { type: 'string', default: '7' },
    json: { type: 'string' },
    growth: { type: 'string' },
  },
});
const pairs = Number(values.pairs);
process.stderr.write(`${machine()}; ${pairs} pairs\n`);
const rows = values.growth ? growth() : costs();
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
if (values.growth) writeFileSync(values.growth, await drawGrowth(rows, machine()));

function costs() {
  const rows = [];
  const subjects = ['resnet50-step', 'gpt2-lora-step'].map((name) => works.find(({ work }) => work === name));
  for (const subject of subjects) {
    for (const [method, { options, intervals = INTERVALS, goals }] of Object.entries(methods)) {
      const name = `${subject.model}-${method}`;
      if (values.only && !values.only.split(',').includes(name)) continue;
      const { speeds } = child({ kind: 'speed', work: subject, options, intervals, pairs });
      speeds.forEach((speed, i) => {
        const row = {
          work: `${name}-phi${intervals[i]}`,
          ...speed,
          goal: goals[subject.model]?.[i] ?? null,
        };
        report(row, 'relative speed', row.relative_speed >= row.goal);
        rows.push(row);
      });
      const [base, gen] = [null, options].map((method) =>
        median(MEMORY_RUNS.map(() => child({ kind: 'memory', work: subject, options: method }).bytes)),
      );
      const ratio = gen / base;
      const row = {
        work: `${name}-memory`,
        base_bytes: base,
        gen_bytes: gen,
        ratio,
        goal: MEMORY_GOAL,
      };
      report(row, 'peak memory GeN/base', ratio <= MEMORY_GOAL);
      rows.push(row);
    }
  }
  return rows;
}

/** Time of a base step and of a probe step over model size and batch. */
function growth() {
  const resnet = works.find(({ work }) => work === 'resnet50-step');
  const sizes = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'].map((model) => ({
    axis: 'model',
    work: { ...resnet, model },
  }));
  const batches = [1, 2, 4, 8, 16].map((batch) => ({ axis: 'batch', work: { ...resnet, batch } }));
  return [...sizes, ...batches].flatMap(({ axis, work }) =>
    ['three-point', 'one-sided'].map((method) => {
      const { options } = methods[method];
      const { parameters, speeds } = child({ kind: 'speed', work, options, intervals: [1], pairs });
      const [speed] = speeds;
      const row = { axis, model: work.model, batch: work.batch, parameters, method, ...speed };
      report({ work: `${work.model}, batch ${work.batch}, ${method}`, ...speed }, 'relative speed');
      return row;
    }),
  );
}

function child(job) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(HERE, 'gen-ours.mjs'), JSON.stringify(job)],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) {
    process.stderr.write(`${JSON.stringify(job)} failed:\n${stderr.slice(-2000)}\n`);
    process.exit(1);
  }
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function report(row, what, met) {
  const value = row.relative_speed ?? row.ratio;
  const range =
    row.speed_low === undefined ? '' : ` [${row.speed_low.toFixed(3)}, ${row.speed_high.toFixed(3)}]`;
  const goal = row.goal ? `  goal ${row.goal} ${met ? 'met' : 'missed'}` : '';
  process.stdout.write(`${row.work.padEnd(32)} ${what} ${value.toFixed(3)}${range}${goal}\n`);
}
