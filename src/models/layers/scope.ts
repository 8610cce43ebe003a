import { dropout } from '../../engine/ops/dropout.js';
import { keep, type Parameter } from '../../engine/parameters.js';
import { type Tensor, tf } from '../../engine/tf.js';

/**
 * What a forward pass may see: the values of parameters and statistics as plain tensors, and the mode. Layers take
 * everything from here and from their input, so a forward pass is a pure function of tensors: probes pass other
 * weights, recording passes placeholders.
 */
export class Scope {
  private readonly values = new Map<Parameter, Tensor>();
  private readonly updated = new Map<Parameter, Tensor>();
  private dropouts = 0;

  /**
   * @param options.training batch statistics and dropout on
   * @param options.seed int32 [2], the dropout masks' seed; without it there is no dropout even in training
   * @param options.trackStatistics false in passes that train but leave the running statistics alone (probes): new
   *   values are not computed then. Where true (the default), whoever made the scope takes `statistics` and disposes them
   */
  constructor(
    parameters: readonly Parameter[],
    values: readonly Tensor[],
    readonly options: {
      readonly training: boolean;
      readonly seed?: Tensor;
      readonly trackStatistics?: boolean;
    },
  ) {
    if (parameters.length !== values.length) {
      throw new Error(`${values.length} values for ${parameters.length} parameters`);
    }
    parameters.forEach((parameter, i) => {
      this.values.set(parameter, values[i]!);
    });
  }

  get training(): boolean {
    return this.options.training;
  }

  get(parameter: Parameter): Tensor {
    const value = this.values.get(parameter);
    if (!value) throw new Error(`${parameter.name} has no value in this forward pass`);
    return value;
  }

  /**
   * Moves a statistic on from its value, or from the one it was moved to earlier in the pass (training only). The
   * forward pass's caller decides whether to store it.
   */
  update(statistic: Parameter, moved: (current: Tensor) => Tensor): void {
    if (this.options.trackStatistics === false) return;
    const earlier = this.updated.get(statistic);
    this.updated.set(statistic, keep(moved(earlier ?? this.get(statistic))));
    earlier?.dispose();
  }

  /** The same pass for a part of it that leaves the statistics as they are. */
  untracked(): Scope {
    const options = { ...this.options, trackStatistics: false };
    return Object.create(this, { options: { value: options } }) as Scope;
  }

  /** New values in the order of `statistics`; those that were not updated come back as they were. */
  statistics(statistics: readonly Parameter[]): Tensor[] {
    return statistics.map((statistic) => this.updated.get(statistic) ?? this.get(statistic));
  }

  /** A seed [2] of its own for every dropout of a pass, or undefined where dropout is off. */
  dropoutSeed(): Tensor | undefined {
    if (!this.training || !this.options.seed) return undefined;
    return this.options.seed.add(tf.tensor1d([0, ++this.dropouts], 'int32'));
  }

  /** x with dropout, where it is on; every call has a mask of its own. */
  dropout(x: Tensor, rate: number): Tensor {
    const seed = rate > 0 ? this.dropoutSeed() : undefined;
    return seed ? dropout(x, rate, seed) : x;
  }
}
