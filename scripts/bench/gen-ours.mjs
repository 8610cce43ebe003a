// One measurement of GeN's cost, given as JSON in argv: {kind: 'speed', work, options, intervals, pairs} or
// {kind: 'memory', work, options}, with options null for the base optimizer. The result goes to stdout as JSON.
import { median } from './median.mjs';
import { load, peakResident, subject } from './subject.mjs';

const job = JSON.parse(process.argv[2]);
const { objective, optimizer, lr, batch } = await subject(job.work);
const { GenController } = await load('gen/controller.js');
const { resolveGenOptions } = await load('gen/options.js');
const { ScheduledMethod } = await load('run/method.js');

/** A step of a method; the weights move, which changes no times. */
const step = (method, index) =>
  method.step({ step: index, totalSteps: 1e6, seed: 0, batch, nextBatch: async () => ({ ...batch }) });
const base = new ScheduledMethod(objective, optimizer, () => lr);
const gen = (phi) =>
  new GenController(objective, optimizer, resolveGenOptions({ ...job.options, phi, gamma: 0 }), lr);

async function timeSteps(method, count) {
  const started = performance.now();
  for (let i = 1; i <= count; i++) await step(method, i);
  return performance.now() - started;
}

/** A pair at Φ has Φ steps a side: fewer of them tell as much. */
const pairsOf = (phi) => Math.max(3, Math.round(job.pairs / Math.sqrt(phi)));

const WARM_UP = 3;

if (job.kind === 'memory') {
  const method = job.options ? gen(1) : base;
  await timeSteps(method, 2 * WARM_UP);
  process.stdout.write(`${JSON.stringify({ bytes: peakResident() })}\n`);
} else {
  await timeSteps(base, WARM_UP);
  await timeSteps(gen(1), WARM_UP);
  const speeds = [];
  for (const phi of job.intervals) {
    const times = [];
    for (let i = 0; i < pairsOf(phi); i++) {
      times.push({ base: await timeSteps(base, phi), gen: await timeSteps(gen(phi), phi) });
    }
    const relative = times.map(({ base, gen }) => base / gen).sort((a, b) => a - b);
    speeds.push({
      base_ms: median(times.map(({ base }) => base)) / phi,
      gen_ms: median(times.map(({ gen }) => gen)) / phi,
      relative_speed: median(relative),
      speed_low: relative[0],
      speed_high: relative.at(-1),
    });
  }
  const parameters = objective.trainable.reduce((sum, { size }) => sum + size, 0);
  process.stdout.write(`${JSON.stringify({ parameters, speeds })}\n`);
}
process.exit(0);
