import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { floatTensor } from '../raw.js';
import { tf } from '../tf.js';
import { roiAlign } from './roi-align.js';

interface Attributes {
  readonly size: number;
  /** Image, level, then the box. */
  readonly boxes: readonly (readonly number[])[];
  readonly scales: readonly number[];
}

describe.each(pytorchCases<Attributes>('roiAlign'))('roiAlign of %s', (_, given) => {
  const { size, boxes, scales } = given.attributes;
  const fn = ({ fine, coarse }: Inputs) =>
    roiAlign(
      [
        { features: fine!, scale: scales[0]! },
        { features: coarse!, scale: scales[1]! },
      ],
      {
        image: tf.tensor1d(
          boxes.map(([image]) => image!),
          'int32',
        ),
        level: tf.tensor1d(
          boxes.map(([, level]) => level!),
          'int32',
        ),
        boxes: floatTensor(
          boxes.flatMap(([, , ...box]) => box),
          [boxes.length, 4],
        ),
      },
      size,
    );

  test('agrees with torchvision', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
