import type { WeightSource } from './weights.js';

/** BatchNorm's epsilon in TensorFlow's EfficientNets. */
const TRAINED_EPSILON = 1e-3;

/** Layers outside the blocks; timm counts BatchNorms from 1. */
const OUTSIDE: Readonly<Record<string, string>> = {
  _conv_stem: 'conv_stem',
  _bn0: 'bn1',
  _conv_head: 'conv_head',
  _bn1: 'bn2',
  _fc: 'classifier',
};

const INVERTED_RESIDUAL: Readonly<Record<string, string>> = {
  _expand_conv: 'conv_pw',
  _bn0: 'bn1',
  _depthwise_conv: 'conv_dw',
  _bn1: 'bn2',
  _project_conv: 'conv_pwl',
  _bn2: 'bn3',
};

/** The first block: nothing is expanded. */
const DEPTHWISE_SEPARABLE: Readonly<Record<string, string>> = {
  _depthwise_conv: 'conv_dw',
  _bn1: 'bn1',
  _project_conv: 'conv_pw',
  _bn2: 'bn2',
};

/**
 * timm's name of a tensor that `efficientnet_lite_pytorch` calls `name`; names of other origin stay as they are.
 *
 * @param repeats blocks of each stage: timm counts them within stages, the other from the first to the last
 */
export function timmName(name: string, repeats: readonly number[]): string {
  const inBlock = /^_blocks\.(\d+)\.(\w+)\.(.+)$/.exec(name);
  if (!inBlock) {
    const [layer, ...rest] = name.split('.');
    return [OUTSIDE[layer!] ?? layer, ...rest].join('.');
  }
  const [, position, layer, rest] = inBlock as unknown as [string, string, string, string];
  let index = Number(position);
  const table = index === 0 ? DEPTHWISE_SEPARABLE : INVERTED_RESIDUAL;
  let stage = 0;
  while (stage < repeats.length - 1 && index >= repeats[stage]!) index -= repeats[stage++]!;
  return `blocks.${stage}.${index}.${table[layer] ?? layer}.${rest}`;
}

/**
 * Weights of `efficientnet_lite_pytorch` (converted from TensorFlow) under timm's names, fit for BatchNorms of
 * `epsilon`: the difference of the epsilons goes into the running variances, so that evaluation stays exactly the
 * same. Weights with timm's own names are returned as they are.
 */
export function timmWeights(
  weights: WeightSource,
  repeats: readonly number[],
  epsilon: number,
): WeightSource {
  if (!weights.has('_conv_stem.weight')) return weights;
  return new Map(
    [...weights].map(([name, entry]) => {
      if (!name.endsWith('.running_var')) return [timmName(name, repeats), entry];
      const read = async () => {
        const values = Float64Array.from((await entry.read()) as ArrayLike<number>);
        return values.map((value) => value + (TRAINED_EPSILON - epsilon));
      };
      return [timmName(name, repeats), { shape: entry.shape, read }];
    }),
  );
}
