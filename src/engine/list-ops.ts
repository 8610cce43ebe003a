/**
 * Arithmetic on whole lists of tensors, such as all weights of a model, each in one pass over memory
 * (`scripts/setup/list-ops.cc`, part of the addon); on a GPU by TensorFlow's own ops. Results are the caller's to dispose.
 */
import { noteFallback } from './compile-mode.js';
import { disposeAll } from './parameters.js';
import { FLOAT, floatTensor, rawOp, rawOp1, readFloats, withScalars } from './raw.js';
import { backend, type Tensor, tf } from './tf.js';

export type TensorList = readonly Tensor[];

/**
 * New values for lists of tensors, from these and one more list, all alike in length and shapes. The old ones are
 * disposed; those that nobody else holds are overwritten.
 */
export type Replacement<Scalar extends string> = (
  old: readonly TensorList[],
  other: TensorList,
  scalars: Readonly<Record<Scalar, number>>,
) => Tensor[][];

/** b' = μ·b + share·(g + λw); w' = w − a·(ofBuffer·b' + ofGradient·(g + λw)), [w, b] and g → [w', b'] */
export const momentum = defineReplacement(
  'GenBenchMomentum',
  ['a', 'momentum', 'share', 'decay', 'ofBuffer', 'ofGradient'],
  ([w, b, g], s) => {
    const gradient = g!.add(s.decay.mul(w!));
    const buffer = s.momentum.mul(b!).add(s.share.mul(gradient));
    const move = s.ofBuffer.mul(buffer).add(s.ofGradient.mul(gradient));
    return [w!.sub(s.a.mul(move)), buffer];
  },
);

/**
 * g' = g + λw; m' = β₁m + share₁·g'; v' = β₂v + share₂·g'²; w' = kept·w − a·m'/(√v' + ε),
 * [w, m, v] and g → [w', m', v']
 */
export const adam = defineReplacement(
  'GenBenchAdam',
  ['a', 'beta1', 'share1', 'beta2', 'share2', 'eps', 'kept', 'decay'],
  ([w, m, v, g], s) => {
    const gradient = g!.add(s.decay.mul(w!));
    const average = s.beta1.mul(m!).add(s.share1.mul(gradient));
    const squares = s.beta2.mul(v!).add(s.share2.mul(gradient.mul(gradient)));
    const direction = average.div(squares.sqrt().add(s.eps));
    return [s.kept.mul(w!).sub(s.a.mul(direction)), average, squares];
  },
);

/** a·x + b·y: [x] and y → [x'] */
export const combine = defineReplacement('GenBenchCombine', ['a', 'b'], ([x, y], s) => [
  s.a.mul(x!).add(s.b.mul(y!)),
]);

/** w + s·(w − w'): the points of the line through w and w' */
export function along(from: TensorList, to: TensorList, s: number): Tensor[] {
  const factor = floatTensor(s);
  const points = isOnGpu()
    ? tf.tidy(() => from.map((w, i) => w.add(factor.mul(w.sub(to[i]!)))))
    : rawOp('GenBenchAlong', [...from, ...to, factor], attributes(from), from.length);
  factor.dispose();
  return points;
}

/** ⟨w − w', g⟩ over all tensors, added up in double precision */
export function slope(from: TensorList, to: TensorList, gradients: TensorList): number {
  if (isOnGpu()) return slopeByTensor(from, to, gradients);
  const words = rawOp1('GenBenchSlope', [...from, ...to, ...gradients], attributes(from));
  const [sum] = new Float64Array(words.dataSync<'int32'>().slice().buffer);
  words.dispose();
  return sum!;
}

function slopeByTensor(from: TensorList, to: TensorList, gradients: TensorList): number {
  const products = tf.tidy(() => tf.stack(from.map((w, i) => w.sub(to[i]!).mul(gradients[i]!).sum())));
  let sum = 0;
  for (const product of readFloats(products)) sum += product;
  products.dispose();
  return sum;
}

const attributes = ({ length }: TensorList) => ({ N: { int: length }, T: FLOAT });

/**
 * @param native its name in the addon, where inputs are the list that is kept and the scalars as one tensor
 * @param rule the same for one tensor of each list, in tfjs
 */
function defineReplacement<const Scalar extends string>(
  native: string,
  names: readonly Scalar[],
  rule: (tensors: TensorList, scalars: Readonly<Record<Scalar, Tensor>>) => Tensor[],
): Replacement<Scalar> {
  return (old, other, values) => {
    if (isOnGpu()) {
      const made = withScalars(values, (scalars) =>
        other.map((tensor, i) => {
          const before = old.map((list) => list[i]!);
          const after = tf.tidy(() => rule([...before, tensor], scalars));
          disposeAll(before);
          return after;
        }),
      );
      return old.map((_, list) => made.map((tensors) => tensors[list]!));
    }
    const scalars = floatTensor(names.map((name) => values[name]));
    const all = old.flat();
    rawOp('GenBenchTake', all, attributes(all), 0);
    disposeAll(all);
    const made = rawOp(native, [...other, scalars], attributes(other), all.length);
    scalars.dispose();
    return old.map((_, list) => made.slice(list * other.length, (list + 1) * other.length));
  };
}

function isOnGpu(): boolean {
  const gpu = backend.binding.isUsingGpuDevice();
  if (gpu) noteFallback("weights are moved by TensorFlow's own ops, because the device is a GPU");
  return gpu;
}
