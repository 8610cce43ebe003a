// Our side of `npm run test:parity`, a process of its own for each model and precision:
//   node ours.mjs '{"name", "precision", "steps", "lr", "out"}'
// Prints one line of JSON: the largest errors against the peer in double precision, ours and the peer's own in float32.
import { join } from 'node:path';
import { compile, compileMode } from '../../dist/engine/compile.js';
import { softmaxCrossEntropy } from '../../dist/engine/ops/softmax-cross-entropy.js';
import { assignAll, disposeAll, readAll } from '../../dist/engine/parameters.js';
import { floatTensor, readFloats } from '../../dist/engine/raw.js';
import { loadEngine, tf } from '../../dist/engine/tf.js';
import { readSafetensors } from '../../dist/formats/safetensors.js';
import { Scope } from '../../dist/models/layers/scope.js';
import * as registry from '../../dist/models/registry.js';
import { loadWeights } from '../../dist/models/weights.js';
import { inPytorchLayout, relativeErrors, worst } from './errors.mjs';
import { entries } from './models.mjs';

const task = JSON.parse(process.argv[2]);
const notes = [];
compileMode.report = (message) => notes.push(message);
await loadEngine({ precision: task.precision });
const entry = entries.find(({ name }) => name === task.name);
const model = entry.create(registry);
await loadWeights(model, await readSafetensors(join(task.out, 'weights.safetensors')));
const { labels, ...inputs } = await readInputs(join(task.out, 'inputs.safetensors'));
const parameters = model.parameters.filter(({ trainable }) => trainable);
const frozen = model.parameters.filter(({ trainable }) => !trainable);
const all = [...parameters, ...frozen, ...model.statistics];
const found = new Map();

const evaluate = compile('evaluation', ({ values, inputs: given }) =>
  model.forward(new Scope(all, values, { training: false }), given),
);
const step = compile('training step', ({ values, still, statistics, inputs: given, labels: targets }) => {
  let scope;
  let logits;
  const { value, grads } = tf.valueAndGrads((...moved) => {
    scope = new Scope(all, [...moved, ...still, ...statistics], { training: true });
    logits = tf.keep(model.forward(scope, given));
    return loss(logits, targets);
  })([...values]);
  return { value, logits, grads, statistics: scope.statistics(model.statistics) };
});

const values = readAll(all);
const logits = evaluate({ values, inputs });
found.set('eval.logits', readFloats(logits));
disposeAll([...values, logits]);
const losses = [];
for (let i = 0; i < task.steps; i++) {
  const weights = readAll(parameters);
  const still = readAll(frozen);
  const statistics = readAll(model.statistics);
  const result = step({ values: weights, still, statistics, inputs, labels });
  losses.push(readFloats(result.value)[0]);
  if (i === 0) {
    found.set('train.logits', readFloats(result.logits));
    parameters.forEach((parameter, j) => {
      found.set(`gradient.${parameter.name}`, inPytorchLayout(result.grads[j], parameter));
    });
  }
  const moved = tf.tidy(() => weights.map((w, j) => w.sub(result.grads[j].mul(floatTensor(task.lr)))));
  assignAll(parameters, moved);
  assignAll(model.statistics, result.statistics);
  disposeAll([...weights, ...still, ...moved, result.value, result.logits, ...result.grads]);
  disposeAll(new Set([...statistics, ...result.statistics]));
}
found.set('loss', losses);
model.statistics.forEach((statistic) => {
  const value = statistic.variable.read();
  found.set(`statistic.${statistic.name}`, readFloats(value));
  value.dispose();
});

const exact = await readAllValues('float64');
const ours = relativeErrors(found, exact);
const peers =
  task.precision === 'float32' ? relativeErrors(await readAllValues('float32'), exact) : undefined;
process.stdout.write(`${JSON.stringify({ ours: worst(ours), peers: peers && worst(peers), notes })}\n`);

function loss(given, targets) {
  if (entry.loss) return entry.loss(given, targets);
  return softmaxCrossEntropy(given.reshape([-1, given.shape.at(-1)]), targets.reshape([-1])).mean();
}

async function readInputs(path) {
  const result = {};
  for (const [name, tensor] of await readSafetensors(path)) {
    const data = await tensor.read();
    const shape = [...tensor.shape];
    result[name] = data instanceof Int32Array ? tf.tensor(data, shape, 'int32') : floatTensor(data, shape);
  }
  return result;
}

async function readAllValues(precision) {
  const result = new Map();
  for (const [name, tensor] of await readSafetensors(join(task.out, `${precision}.safetensors`))) {
    result.set(name, await tensor.read());
  }
  return result;
}
