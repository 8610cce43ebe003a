import type { HostValues } from './binding.js';
import type { Tensor } from './tf.js';

/** max |replay − eager| over all outputs, each against its own largest entry (floored by the largest of all). */
export function largestDifference(eager: readonly Tensor[], replayed: readonly Tensor[]): number {
  const pairs = eager.map(
    (tensor, i) => [tensor.dataSync(), replayed[i]!.dataSync()] as [HostValues, HostValues],
  );
  const scales = pairs.map(([expected]) => largest(expected));
  const floor = 1e-5 * Math.max(...scales, Number.MIN_VALUE);
  let worst = 0;
  pairs.forEach(([expected, actual], i) => {
    const scale = scales[i]! + floor;
    for (let j = 0; j < expected.length; j++) {
      const a = expected[j]!;
      const b = actual[j]!;
      if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
      const difference = Math.abs(a - b) / scale;
      worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    }
  });
  return worst;
}

function largest(values: HostValues): number {
  let result = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > result && Number.isFinite(size)) result = size;
  }
  return result;
}
