import { Parameter, type WeightLayout } from '../../engine/parameters.js';
import { type RandomGenerator, randomGenerator } from '../../random.js';
import type { Linear } from './linear.js';

/** Draws the `size` initial values of a parameter. */
export type Initializer = (random: RandomGenerator, size: number) => Float32Array;

/**
 * Creates a model's parameters and statistics and keeps them in the order of creation. `at` descends into a named
 * part, so that names come out as PyTorch's modules give them: `layer1.0.conv1.weight`.
 *
 * Every parameter draws from a stream of its own, named after it: the same seed gives the same weights whatever else
 * the model contains.
 */
export class ParameterBuilder {
  readonly parameters: Parameter[] = [];
  readonly statistics: Parameter[] = [];
  /** Linear layers by their path, e.g. `encoder.layer.0.output.dense`. */
  readonly linears = new Map<string, Linear>();
  private prefix = '';

  /** @param initialisation whose initial distributions layers draw from where the two differ */
  constructor(
    private readonly seed: number,
    readonly initialisation: 'timm' | 'pytorch' = 'timm',
  ) {}

  /** The same builder for the part `name` (or a path of parts). */
  at(name: string | number): ParameterBuilder {
    const part = Object.create(this) as ParameterBuilder; // shares the lists
    part.prefix = `${this.prefix}${name}.`;
    return part;
  }

  /** What the names of this part begin with, e.g. `layer1.0.`. */
  get path(): string {
    return this.prefix;
  }

  parameter(
    name: string,
    shape: readonly number[],
    initial: Initializer,
    layout: WeightLayout = 'same',
  ): Parameter {
    return this.add(this.parameters, name, shape, initial, true, layout);
  }

  statistic(name: string, shape: readonly number[], initial: Initializer): Parameter {
    return this.add(this.statistics, name, shape, initial, false, 'same');
  }

  /** Lists the layer under the builder's own path. */
  registerLinear(layer: Linear): void {
    this.linears.set(this.prefix.slice(0, -1), layer);
  }

  private add(
    list: Parameter[],
    name: string,
    shape: readonly number[],
    initial: Initializer,
    trainable: boolean,
    layout: WeightLayout,
  ): Parameter {
    const fullName = this.prefix + name;
    const size = shape.reduce((product, length) => product * length, 1);
    const values = () => initial(randomGenerator(this.seed, fullName), size);
    const parameter = new Parameter(fullName, { shape, values }, trainable, layout);
    list.push(parameter);
    return parameter;
  }
}
