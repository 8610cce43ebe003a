import { sigmoidCrossEntropy } from '../engine/ops/sigmoid-cross-entropy.js';
import { FLOAT, INT32, rawOp1 } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import type { GenerativeModel, Model } from '../models/types.js';
import { writeSampleGrids } from './sample-grids.js';
import type { Task } from './task.js';

/*
 * Generative adversarial networks; Goodfellow et al. 2014 (arXiv:1406.2661), with the losses of PyTorch's DCGAN tutorial.
 * A batch has `image` [B, H, W, C] and, in training, `latent` [B, L]. D(x) is the discriminator's probability that x is
 * real.
 */

/** The networks' own columns of metrics.csv. */
const DISCRIMINATOR_SCORES = ['d_real', 'd_fake'];
const GENERATOR_SCORES = ['d_fake_after'];

/**
 * −log D(x) − log(1 − D(G(z))), for the discriminator's parameters. It sees real and generated images in two passes, as
 * in the tutorial: BatchNorm's statistics are of one or the other.
 */
export const discriminatorTask: Task = {
  scoreNames: DISCRIMINATOR_SCORES,
  forward(model, scope, { image, latent }) {
    const real = model.forward(scope, { image: image! });
    const fake = model.forward(scope, { image: asGenerative(model).generate(scope, latent!) });
    return {
      losses: lossAgainst(real, 1).add(lossAgainst(fake, 0)),
      scores: { d_real: real.sigmoid(), d_fake: fake.sigmoid() },
    };
  },
};

/** −log D(G(z)), for the generator's parameters. The step's images have moved the generator's statistics already. */
export const generatorTask: Task = {
  scoreNames: GENERATOR_SCORES,
  forward(model, scope, { latent }) {
    const logits = model.forward(scope, { image: asGenerative(model).generate(scope.untracked(), latent!) });
    return { losses: lossAgainst(logits, 1), scores: { d_fake_after: logits.sigmoid() } };
  },
};

/**
 * The experiment: how the discriminator tells test images from as many generated ones, in evaluation mode, and grids of
 * images in the run's directory.
 */
export const gan: Task = {
  scoreNames: [
    ...DISCRIMINATOR_SCORES,
    ...GENERATOR_SCORES,
    ...['loss', 'lr', 'grad_norm', 'gg', 'ghg', 'lr_star'].map((name) => `generator_${name}`),
  ],
  forward(model, scope, { image }) {
    const latent = fixedLatents(image!.shape[0]!, asGenerative(model).latentSize);
    return discriminatorTask.forward(model, scope, { image: image!, latent });
  },
  async evaluate(context) {
    await writeSampleGrids(asGenerative(context.model), context);
    return {};
  },
};

/** [B, L] from N(0, 1), the same in every evaluation. */
function fixedLatents(batch: number, size: number): Tensor {
  const shape = tf.tensor1d([batch, size], 'int32');
  const seed = tf.tensor1d([0, 0], 'int32');
  return rawOp1('StatelessRandomNormal', [shape, seed], { dtype: FLOAT, T: INT32, Tseed: INT32 });
}

function lossAgainst(logits: Tensor, target: 0 | 1): Tensor {
  return sigmoidCrossEntropy(logits, tf.fill(logits.shape, target));
}

function asGenerative(model: Model): GenerativeModel {
  if (!('generate' in model)) throw new Error(`${model.name} generates nothing`);
  return model as GenerativeModel;
}
