import { along, slope } from '../engine/list-ops.js';
import { assignAll, disposeAll, type Parameter, readAll } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { moveAlong } from '../optimizers/updates.js';

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
      const values = along(this.from, this.to, s);
      made.push(...values);
      return values;
    });
    const result = action(points);
    disposeAll(made);
    return result;
  }

  /** Puts the parameters at w + s·Δ. */
  moveTo(s: number): void {
    if (s === 0) assignAll(this.parameters, this.from);
    else if (s === -1) assignAll(this.parameters, this.to);
    else
      moveAlong(
        this.parameters.map(({ variable }) => variable),
        this.from,
        this.to,
        s,
      );
  }

  /** gradient · Δ, summed in double precision. */
  dot(gradients: readonly Tensor[]): number {
    return slope(this.from, this.to, gradients);
  }

  dispose(): void {
    disposeAll(this.from);
    disposeAll(this.to);
  }
}
