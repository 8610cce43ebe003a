import { type Parameter, Variable } from '../engine/parameters.js';
import { FLOAT, rawOp1 } from '../engine/raw.js';
import { UsageError } from '../errors.js';
import type { OptimizerState } from './types.js';

/**
 * What an optimizer carries from step to step: variables (`slots`, one for each parameter and of its shape, zero at
 * first) and numbers (`scalars`). Everything in it goes into checkpoints, as `<slot>.<parameter name>`.
 */
export class OptimizerMemory<Slot extends string, Scalar extends string> {
  readonly slots: Readonly<Record<Slot, readonly Variable[]>>;

  constructor(
    private readonly parameters: readonly Parameter[],
    slots: readonly Slot[],
    readonly scalars: Record<Scalar, number>,
  ) {
    this.slots = Object.fromEntries(
      slots.map((slot) => [slot, parameters.map(({ variable }) => zerosLike(variable))]),
    ) as Record<Slot, Variable[]>;
  }

  state(): OptimizerState {
    const tensors = Object.fromEntries(this.named().map(([name, variable]) => [name, variable.read()]));
    return { tensors, scalars: { ...this.scalars } };
  }

  /** @throws UsageError when the state is another optimizer's or another model's; nothing is changed then. */
  restore({ tensors, scalars }: OptimizerState): void {
    const variables = this.named();
    const expected = [...variables.map(([name]) => name), ...Object.keys(this.scalars)].sort();
    const found = [...Object.keys(tensors), ...Object.keys(scalars)].sort();
    const missing = expected.filter((name) => !found.includes(name));
    const unknown = found.filter((name) => !expected.includes(name));
    const reshaped = variables.filter(([name, { shape }]) => tensors[name]?.shape.join() !== shape.join());
    if (missing.length + unknown.length + reshaped.length > 0) {
      const differences = [
        ...missing.map((name) => `no ${name}`),
        ...unknown.map((name) => `an unexpected ${name}`),
        ...reshaped
          .filter(([name]) => !missing.includes(name))
          .map(([name, { shape }]) => `${name} of shape [${tensors[name]?.shape}] instead of [${shape}]`),
      ];
      const rest = differences.length > 3 ? ` and ${differences.length - 3} more differences` : '';
      throw new UsageError(
        `The optimizer's saved state has ${differences.slice(0, 3).join(', ')}${rest}. ` +
          'Resume with the model and the optimizer options that wrote it.',
      );
    }
    for (const [name, variable] of variables) variable.assign(tensors[name]!);
    Object.assign(this.scalars, scalars);
  }

  dispose(): void {
    for (const [, variable] of this.named()) variable.dispose();
  }

  private named(): [string, Variable][] {
    return Object.entries<readonly Variable[]>(this.slots).flatMap(([slot, variables]) =>
      variables.map((variable, i): [string, Variable] => [`${slot}.${this.parameters[i]!.name}`, variable]),
    );
  }
}

function zerosLike(variable: Variable): Variable {
  const value = variable.read();
  const zeros = rawOp1('ZerosLike', [value], { T: FLOAT });
  const slot = new Variable(zeros);
  value.dispose();
  zeros.dispose();
  return slot;
}
