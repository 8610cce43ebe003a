// Our side of a benchmark: builds the work given as JSON in argv, then runs it once for every line on standard input
// and answers with {"ms": …} (wall time of one call, the median of `repeat` in a row) or, for memory, {"bytes": …}.
import { createInterface } from 'node:readline';
import { median } from './median.mjs';
import { load, peakResident, subject } from './subject.mjs';

const WARM_UP = 5;
const work = JSON.parse(process.argv[2]);
const { model, objective, optimizer, lr, batch } = await subject({ optimizer: 'sgd', ...work });
const { disposeAll } = await load('engine/parameters.js');
const { floatTensor } = await load('engine/raw.js');
const { stepSeed } = await load('run/objective.js');
const { beamSearch } = await load('tasks/beam-search.js');
const { Scope } = await load('models/layers/scope.js');

const calls = {
  step() {
    const { gradients } = objective.gradient(batch, stepSeed(0, 1));
    optimizer.step(gradients, lr);
    disposeAll(gradients);
  },
  eval: () => objective.evaluate(batch),
  update: () => optimizer.step(fixedGradients(), lr),
  generate() {
    const { weights, dispose } = objective.weights();
    const scope = new Scope([...model.parameters, ...model.statistics], weights, { training: false });
    const [count, length] = batch.ids.shape;
    const prompts = Array.from({ length: count }, (_, i) =>
      batch.ids.data.slice(i * length, (i + 1) * length),
    );
    beamSearch(model, scope, prompts, {
      ...{ beam: work.beam, lengthPenalty: 0.8, noRepeatNgram: 4, maxTokens: work.newTokens, endIds: [] },
    });
    dispose();
  },
};
calls.memory = calls.step;

let fixed;
function fixedGradients() {
  fixed ??= objective.trainable.map((parameter) =>
    floatTensor(
      Float32Array.from({ length: parameter.size }, (_, i) => 1e-3 * Math.sin(i)),
      [...parameter.shape],
    ),
  );
  return fixed;
}

for (let i = 0; i < WARM_UP; i++) calls[work.kind]();
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const times = Array.from({ length: work.repeat }, timeCall);
  const answer = work.kind === 'memory' ? { bytes: peakResident() } : { ms: median(times) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function timeCall() {
  const started = performance.now();
  calls[work.kind]();
  if (work.kind === 'update') objective.trainable[0].variable.read().dispose(); // eager ops are done by now
  return performance.now() - started;
}
