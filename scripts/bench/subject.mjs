// What our side of a benchmark works on: a model, its objective, an optimizer and a batch, from a row of works.mjs.
import { readFileSync } from 'node:fs';

const dist = new URL('../../dist/', import.meta.url);
export const load = (path) => import(new URL(path, dist).href);

/** Loads the engine and builds the work's model and batch. */
export async function subject(work) {
  const { loadEngine } = await load('engine/tf.js');
  await loadEngine({ precision: work.precision });
  const { Objective } = await load('run/objective.js');
  const registry = await load('models/registry.js');
  const { optimizers } = await load('optimizers/registry.js');
  const { classification } = await load('tasks/classification.js');
  const { softmaxCrossEntropy } = await load('engine/ops/softmax-cross-entropy.js');

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

  const classes = work.tokens ? 2 : work.model === 'resnet8' ? 10 : 1000;
  const definition = { ...registry.models, ...registry.encoders, ...registry.languageModels }[work.model];
  const lora = {
    peft: 'lora',
    lora_r: work.lora,
    lora_alpha: 32,
    lora_dropout: 0.1,
    lora_targets: ['c_attn'],
  };
  const model = definition.create(definition.options.parse(work.lora ? lora : {}), {
    seed: 0,
    numClasses: work.lora ? undefined : classes,
    imageShape: [work.size ?? 224, work.size ?? 224, work.channels ?? 3],
  });
  const objective = new Objective(model, work.lora ? languageModelling : classification, {
    microBatchSize: work.batch ?? 8,
    gradClip: null,
  });
  const lr = work.optimizer === 'sgd' ? 0.01 : 1e-4;
  const optimizerDefinition = optimizers[work.optimizer];
  const options = work.optimizer === 'sgd' ? { lr, momentum: 0.9 } : { lr };
  const optimizer = optimizerDefinition.create(
    objective.trainable,
    optimizerDefinition.options.parse(options),
  );
  return { model, objective, optimizer, lr, batch: makeBatch(work, classes) };
}

function makeBatch({ batch = 8, size, channels = 3, tokens, lora }, classes) {
  const label = { shape: [batch], data: Int32Array.from({ length: batch }, (_, i) => i % classes) };
  if (size) {
    const shape = [batch, size, size, channels];
    const length = batch * size * size * channels;
    return { image: { shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i)) }, label };
  }
  const shape = [batch, tokens];
  const length = batch * tokens;
  const ids = { shape, data: Int32Array.from({ length }, (_, i) => (i * 7919) % 30000) };
  if (lora) return { ids, next: ids };
  return { ids, mask: { shape, data: new Int32Array(length).fill(1) }, label };
}

/** Largest resident memory of this process so far, in bytes. */
export function peakResident() {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
