/**
 * How optimizers move variables, under the names of the mathematics: each for a whole list of variables, in one pass
 * over memory.
 */
import { adam, along, combine as combination, momentum, type Replacement } from '../engine/list-ops.js';
import { disposeAll, Variable } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';

type Variables = readonly Variable[];

/** Elements moved at a time: where old values are held by others, old and new are in memory together. */
const MOVED_AT_ONCE = 2 ** 23;

/** x ← a·x + b·y, the y being variables or tensors */
export function combine(
  targets: Variables,
  a: number,
  others: Variables | readonly Tensor[],
  b: number,
): void {
  move(combination, [targets], others, { a, b });
}

/** u ← v, without a copy. */
export function copyAll(from: Variables, to: Variables): void {
  from.forEach((variable, i) => {
    const value = variable.read();
    to[i]!.assign(value);
    value.dispose();
  });
}

export interface MomentumScalars {
  /** Learning rate. */
  readonly a: number;
  readonly momentum: number;
  /** How much of the gradient enters the buffer: 1 − dampening. */
  readonly share: number;
  /** λ of coupled weight decay. */
  readonly decay: number;
  readonly nesterov: boolean;
}

/** g' = g + λw; b ← μ·b + share·g'; w ← w − a·b, or with Nesterov's momentum w ← w − a·(g' + μ·b) */
export function applyMomentum(
  weights: Variables,
  buffers: Variables,
  gradients: readonly Tensor[],
  { nesterov, ...scalars }: MomentumScalars,
): void {
  const [ofBuffer, ofGradient] = nesterov ? [scalars.momentum, 1] : [1, 0];
  move(momentum, [weights, buffers], gradients, { ...scalars, ofBuffer, ofGradient });
}

export interface AdamScalars {
  readonly a: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** λ of coupled weight decay. */
  readonly decay?: number;
  /** What weights are multiplied by: 1 − η·λ for decoupled weight decay. */
  readonly kept?: number;
  /** What g' and g'² are multiplied by as they enter the averages. */
  readonly gains?: readonly [number, number];
}

/** g' = g + λw; m ← β₁m + (1 − β₁)·gains₁·g'; v ← β₂v + (1 − β₂)·gains₂·g'²; w ← kept·w − a·m/(√v + ε) */
export function applyAdam(
  weights: Variables,
  m: Variables,
  v: Variables,
  gradients: readonly Tensor[],
  { a, betas: [beta1, beta2], eps, decay = 0, kept = 1, gains = [1, 1] }: AdamScalars,
): void {
  const share1 = (1 - beta1) * gains[0];
  const share2 = (1 - beta2) * gains[1];
  move(adam, [weights, m, v], gradients, { a, beta1, share1, beta2, share2, eps, kept, decay });
}

/** v ← w + s·(w − w') for the points w and w' of a line */
export function moveAlong(
  variables: Variables,
  from: readonly Tensor[],
  to: readonly Tensor[],
  s: number,
): void {
  for (const part of parts(variables)) {
    giveTo(variables.slice(...part), along(from.slice(...part), to.slice(...part), s));
  }
}

/** Gives the targets, list by list, what the op makes of them and of `others`. */
function move<Scalar extends string>(
  op: Replacement<Scalar>,
  targets: readonly Variables[],
  others: Variables | readonly Tensor[],
  scalars: Readonly<Record<Scalar, number>>,
): void {
  for (const part of parts(targets[0]!)) {
    const moved = targets.map((list) => list.slice(...part));
    const read: Tensor[] = [];
    const other = others.slice(...part).map((value) => {
      if (!(value instanceof Variable)) return value;
      const current = value.read();
      read.push(current);
      return current;
    });
    const old = moved.map((list) => list.map((variable) => variable.give()));
    op(old, other, scalars).forEach((values, list) => {
      giveTo(moved[list]!, values);
    });
    disposeAll(read);
  }
}

function giveTo(variables: Variables, values: readonly Tensor[]): void {
  values.forEach((value, i) => {
    variables[i]!.take(value);
  });
}

/** Start and end of runs of variables that are moved at once. */
function parts(variables: Variables): [number, number][] {
  const found: [number, number][] = [];
  let elements = 0;
  variables.forEach(({ shape }, i) => {
    if (elements === 0 || elements >= MOVED_AT_ONCE) {
      found.push([i, i]);
      elements = 0;
    }
    elements += Math.max(
      1,
      shape.reduce((product, length) => product * length, 1),
    );
    found.at(-1)![1] = i + 1;
  });
  return found;
}
