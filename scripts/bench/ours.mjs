// Our side of a benchmark: builds the work given as JSON in argv, then runs it once for every line on standard input
// and answers with {"ms": …} (wall time of one call) or, for memory, {"bytes": …}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const work = JSON.parse(process.argv[2]);
const dist = new URL('../../dist/', import.meta.url);
const load = (path) => import(new URL(path, dist).href);

const { loadEngine } = await load('engine/tf.js');
await loadEngine({ precision: work.precision });
const { disposeAll } = await load('engine/parameters.js');
const { Objective, stepSeed } = await load('run/objective.js');
const { models } = await load('models/registry.js');
const { optimizers } = await load('optimizers/registry.js');
const { classification } = await load('tasks/classification.js');
const { floatTensor } = await load('engine/raw.js');
const { softmaxCrossEntropy } = await load('engine/ops/softmax-cross-entropy.js');

const WARM_UP = 5;
const classes = work.size ? (work.model === 'resnet8' ? 10 : 1000) : 2;
const { size = 224, channels = 3, batch = 8, tokens = 128 } = work;

/** Next-token loss over ids [B, T]: every example's mean over its tokens. */
const languageModelling = {
  scoreNames: [],
  forward(model, scope, { ids, next }) {
    const logits = model.forward(scope, { ids });
    const [b, t, vocabulary] = logits.shape;
    const losses = softmaxCrossEntropy(logits.reshape([b * t, vocabulary]), next.reshape([b * t]));
    return { losses: losses.reshape([b, t]).mean(1), scores: {} };
  },
};

function makeBatch() {
  if (work.size) {
    const length = batch * size * size * channels;
    return {
      image: {
        shape: [batch, size, size, channels],
        data: Float32Array.from({ length }, (_, i) => Math.sin(i)),
      },
      label: { shape: [batch], data: Int32Array.from({ length: batch }, (_, i) => i % classes) },
    };
  }
  const ids = {
    shape: [batch, tokens],
    data: Int32Array.from({ length: batch * tokens }, (_, i) => (i * 7919) % 30000),
  };
  if (work.lora) return { ids, next: ids };
  const mask = { shape: [batch, tokens], data: new Int32Array(batch * tokens).fill(1) };
  return {
    ids,
    mask,
    label: { shape: [batch], data: Int32Array.from({ length: batch }, (_, i) => i % classes) },
  };
}

const definition = models[work.model];
const options = work.lora ? { peft: { method: 'lora', r: work.lora } } : {};
const model = definition.create(definition.options.parse(options), {
  seed: 0,
  numClasses: work.lora ? undefined : classes,
  imageShape: [size, size, channels],
});
const objective = new Objective(model, work.lora ? languageModelling : classification, {
  microBatchSize: batch,
  gradClip: null,
});
const optimizerOptions = work.optimizer === 'sgd' ? { lr: 0.01, momentum: 0.9 } : { lr: 1e-4 };
const optimizerDefinition = optimizers[work.optimizer ?? 'sgd'];
const optimizer = optimizerDefinition.create(
  objective.trainable,
  optimizerDefinition.options.parse(optimizerOptions),
);
const data = makeBatch();

const calls = {
  step() {
    const { gradients } = objective.gradient(data, stepSeed(0, 1));
    optimizer.step(gradients, optimizerOptions.lr);
    disposeAll(gradients);
  },
  eval: () => objective.evaluate(data),
  update: () => optimizer.step(fixedGradients(), optimizerOptions.lr),
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
  const started = performance.now();
  calls[work.kind]();
  if (work.kind === 'update') objective.trainable[0].variable.read().dispose(); // eager ops are done by now
  const ms = performance.now() - started;
  process.stdout.write(`${JSON.stringify(work.kind === 'memory' ? { bytes: peakResident() } : { ms })}\n`);
}

function peakResident() {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
