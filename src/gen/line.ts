import { compile } from '../engine/compile.js';
import { disposeAll, type Parameter, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';

/**
 * The line along one optimizer step, from w to w' = w − Δ. Every point is w + s·Δ: s = 0 is w, s = −1 is w', and with
 * Δ = η·g the point s stands for w + s·η·g. Both ends are snapshots that share memory with the variables until these
 * change.
 */
export class Line {
  private constructor(
    private readonly parameters: readonly Parameter[],
    private readonly from: readonly Tensor[],
    private readonly to: readonly Tensor[],
  ) {}

  /** Snapshots the parameters, lets `optimizerStep` move them, and snapshots them again. */
  static ofStep(parameters: readonly Parameter[], optimizerStep: () => void): Line {
    const from = readAll(parameters);
    optimizerStep();
    return Line.since(from, parameters);
  }

  /** From a snapshot, which the line takes over, to where the parameters are now. */
  static since(from: readonly Tensor[], parameters: readonly Parameter[]): Line {
    return new Line(parameters, from, readAll(parameters));
  }

  /** Calls `action` with the weights at w + s·Δ for every s. */
  at<T>(places: readonly number[], action: (points: readonly (readonly Tensor[])[]) => T): T {
    const made: Tensor[] = [];
    const points = places.map((s) => {
      if (s === 0) return this.from;
      if (s === -1) return this.to;
      const factor = floatTensor(s);
      const values = pointOnLine({ from: this.from, to: this.to, factor });
      factor.dispose();
      made.push(...values);
      return values;
    });
    const result = action(points);
    disposeAll(made);
    return result;
  }

  /** Puts the parameters at w + s·Δ. */
  moveTo(s: number): void {
    this.at([s], ([values]) => {
      this.parameters.forEach((parameter, i) => {
        parameter.variable.assign(values![i]!);
      });
    });
  }

  /** gradient · Δ, summed in double precision over the parameters. */
  dot(gradients: readonly Tensor[]): number {
    const products = dotAlongLine({ from: this.from, to: this.to, gradients });
    let sum = 0;
    for (const product of readFloats(products)) sum += product;
    products.dispose();
    return sum;
  }

  dispose(): void {
    disposeAll(this.from);
    disposeAll(this.to);
  }
}

type Ends = { readonly from: readonly Tensor[]; readonly to: readonly Tensor[] };

const pointOnLine = compile('line', ({ from, to, factor }: Ends & { readonly factor: Tensor }) =>
  from.map((w, i) => w.add(factor.mul(w.sub(to[i]!)))),
);

const dotAlongLine = compile(
  'slope',
  ({ from, to, gradients }: Ends & { readonly gradients: readonly Tensor[] }) =>
    tf.stack(from.map((w, i) => w.sub(to[i]!).mul(gradients[i]!).sum())),
);
