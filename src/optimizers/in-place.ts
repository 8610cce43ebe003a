/**
 * TensorFlow's training ops, which change variables in place, under the names of their mathematics. Scalars are
 * tensors (`withScalars`). A variable whose value someone else still holds is copied first, so no snapshot changes.
 */
import type { Variable } from '../engine/parameters.js';
import { FLOAT, floatTensor, rawOp, rawOp1 } from '../engine/raw.js';
import { currentPrecision, type Tensor } from '../engine/tf.js';

/** Runs `action` with numbers as scalar tensors in the precision of the process. */
export function withScalars<Name extends string, R>(
  values: Readonly<Record<Name, number>>,
  action: (scalars: Readonly<Record<Name, Tensor>>) => R,
): R {
  const scalars = Object.fromEntries(
    Object.entries<number>(values).map(([name, value]) => [name, floatTensor(value)]),
  ) as Record<Name, Tensor>;
  try {
    return action(scalars);
  } finally {
    for (const scalar of Object.values<Tensor>(scalars)) scalar.dispose();
  }
}

/** v ← v − a·δ */
export function subtractScaled(variable: Variable, a: Tensor, delta: Tensor): void {
  rawOp('ResourceApplyGradientDescent', [variable.handle, a, delta], { T: FLOAT }, 0);
}

/** v ← v − a·u for another variable u, or for v itself. */
export function subtractScaledVariable(variable: Variable, a: Tensor, other: Variable): void {
  const delta = other.read();
  subtractScaled(variable, a, delta);
  delta.dispose(); // at once: while it is held, updating `other` would copy it
}

/** v ← f·v */
export function scale(variable: Variable, factor: Tensor): void {
  const value = variable.read();
  const scaled = rawOp1('Mul', [value, factor], { T: FLOAT });
  value.dispose();
  variable.assign(scaled);
  scaled.dispose();
}

/**
 * v ← f·v in place, where `scale` fills a new buffer. TensorFlow has no op for that but the proximal step
 * v ← (v − a·δ) / (1 + a·l₂): its a is made so small here that a·δ is below every rounding, for a δ at hand.
 */
export function withShrinking(
  factor: number,
  action: (shrink: (variable: Variable, delta: Tensor) => void) => void,
): void {
  const a = currentPrecision() === 'float64' ? 1e-250 : 1e-30;
  withScalars({ a, zero: 0, l2: (1 / factor - 1) / a }, (s) => {
    action((variable, delta) => {
      const inputs = [variable.handle, s.a, s.zero, s.l2, delta];
      rawOp('ResourceApplyProximalGradientDescent', inputs, { T: FLOAT }, 0);
    });
  });
}

/** u_i ← v_i. The buffers are shared until one of the two is updated. */
export function copyAll(from: readonly Variable[], to: readonly Variable[]): void {
  from.forEach((variable, i) => {
    const value = variable.read();
    to[i]!.assign(value);
    value.dispose();
  });
}

/** g + λ·w, a new tensor: the gradient with coupled weight decay. */
export function addScaledVariable(gradient: Tensor, lambda: Tensor, variable: Variable): Tensor {
  const value = variable.read();
  const decay = rawOp1('Mul', [value, lambda], { T: FLOAT });
  const sum = rawOp1('AddV2', [gradient, decay], { T: FLOAT });
  value.dispose();
  decay.dispose();
  return sum;
}

/** b ← μ·b + g; w ← w − a·b, or with Nesterov's momentum w ← w − a·(g + μ·b) */
export function applyMomentum(
  weight: Variable,
  buffer: Variable,
  scalars: { readonly a: Tensor; readonly momentum: Tensor },
  gradient: Tensor,
  nesterov: boolean,
): void {
  const inputs = [weight.handle, buffer.handle, scalars.a, gradient, scalars.momentum];
  rawOp('ResourceApplyMomentum', inputs, { T: FLOAT, use_nesterov: nesterov }, 0);
}

/** s ← s + g²; w ← w − a·g/(√s + ε) */
export function applyAdagrad(
  weight: Variable,
  sum: Variable,
  scalars: { readonly a: Tensor; readonly eps: Tensor },
  gradient: Tensor,
): void {
  const inputs = [weight.handle, sum.handle, scalars.a, scalars.eps, gradient];
  rawOp('ResourceApplyAdagradV2', inputs, { T: FLOAT }, 0);
}

/**
 * m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; w ← w − a·m/(√v + ε), as a function of (w, m, v, g).
 *
 * The op forms 1 − β in its own precision: from β₂ = 0.999 in float32 that is 0.00100005, and v would be 5e-5 too
 * large. v and m keep that factor; a and ε are corrected for it, so that w moves as with exact 1 − β.
 */
export function withAdam(
  { a, betas: [beta1, beta2], eps }: { a: number; betas: readonly [number, number]; eps: number },
  action: (apply: (weight: Variable, m: Variable, v: Variable, gradient: Tensor) => void) => void,
): void {
  const root = Math.sqrt(excess(beta2));
  const values = { zero: 0, a: (a * root) / excess(beta1), beta1, beta2, eps: eps * root };
  withScalars(values, (s) => {
    // β₁ᵗ and β₂ᵗ of 0 switch the op's own bias correction off.
    action((weight, m, v, gradient) => {
      const inputs = [
        weight.handle,
        m.handle,
        v.handle,
        s.zero,
        s.zero,
        s.a,
        s.beta1,
        s.beta2,
        s.eps,
        gradient,
      ];
      rawOp('ResourceApplyAdam', inputs, { T: FLOAT }, 0);
    });
  });
}

/** The factor by which `withAdam` leaves its averages too large. */
export function excess(beta: number): number {
  const rounded = currentPrecision() === 'float64' ? beta : Math.fround(beta);
  return (1 - rounded) / (1 - beta);
}
