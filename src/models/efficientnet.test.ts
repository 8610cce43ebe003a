import { describe, expect, test } from 'vitest';
import { describeLikeTimm } from '../testing/model-oracle.js';
import { timmName, timmWeights } from './efficientnet-weights.js';
import { models } from './registry.js';

const subject = (name: 'efficientnet_lite0' | 'tf_efficientnet_lite0') => ({
  create: (size: number, seed: number) =>
    models[name].create({}, { seed, numClasses: 10, imageShape: [size, size, 3] }),
  // Where an activation lies near 0 or 6, rounding decides whether ReLU6 passes it: PyTorch's own float32 gradients of
  // such problems are up to 1e-2 away from its float64 ones.
  gradientTolerance: 2e-2,
});

describeLikeTimm('efficientnet', {
  efficientnet_lite0: subject('efficientnet_lite0'),
  tf_efficientnet_lite0: subject('tf_efficientnet_lite0'),
});

describe('weights of efficientnet_lite_pytorch', () => {
  const repeats = [1, 2, 2];

  test.each([
    ['_conv_stem.weight', 'conv_stem.weight'],
    ['_bn0.running_mean', 'bn1.running_mean'],
    ['_bn1.bias', 'bn2.bias'],
    ['_conv_head.weight', 'conv_head.weight'],
    ['_fc.bias', 'classifier.bias'],
    ['_blocks.0._depthwise_conv.weight', 'blocks.0.0.conv_dw.weight'],
    ['_blocks.0._bn1.weight', 'blocks.0.0.bn1.weight'],
    ['_blocks.0._project_conv.weight', 'blocks.0.0.conv_pw.weight'],
    ['_blocks.0._bn2.bias', 'blocks.0.0.bn2.bias'],
    ['_blocks.2._expand_conv.weight', 'blocks.1.1.conv_pw.weight'],
    ['_blocks.3._bn0.running_var', 'blocks.2.0.bn1.running_var'],
    ['_blocks.3._depthwise_conv.weight', 'blocks.2.0.conv_dw.weight'],
    ['_blocks.3._bn1.num_batches_tracked', 'blocks.2.0.bn2.num_batches_tracked'],
    ['_blocks.4._project_conv.weight', 'blocks.2.1.conv_pwl.weight'],
    ['_blocks.4._bn2.bias', 'blocks.2.1.bn3.bias'],
    ['blocks.1.1.conv_pw.weight', 'blocks.1.1.conv_pw.weight'],
    ['_blocks.1._other.weight', 'blocks.1.0._other.weight'],
  ])('%s is %s in timm', (name, expected) => {
    expect(timmName(name, repeats)).toBe(expected);
  });

  const source = (names: string[]) =>
    new Map(names.map((name) => [name, { shape: [1], read: async () => Float32Array.of(0.25) }]));

  test('the epsilon they were trained with goes into the running variances', async () => {
    const weights = timmWeights(source(['_conv_stem.weight', '_bn0.running_var']), repeats, 1e-5);
    expect([...weights.keys()]).toEqual(['conv_stem.weight', 'bn1.running_var']);
    expect((await weights.get('bn1.running_var')!.read())[0]).toBeCloseTo(0.25 + 0.00099, 12);
    expect((await weights.get('conv_stem.weight')!.read())[0]).toBe(0.25);
  });

  test("timm's own weights stay as they are", () => {
    const weights = source(['conv_stem.weight', 'bn1.running_var']);
    expect(timmWeights(weights, repeats, 1e-5)).toBe(weights);
  });
});
