import { compile } from '../engine/compile.js';
import type { Variable } from '../engine/parameters.js';
import { FLOAT, rawOp1, readFloats, withScalars } from '../engine/raw.js';
import type { Tensor } from '../engine/tf.js';
import { disposeTree } from '../engine/tree.js';

type Tensors<Name extends string> = Readonly<Record<Name, Tensor>>;

/**
 * What happens to one parameter, as a pure function: old values of its variables, its gradient and the step's numbers
 * → new values of some of the variables, and scalar sums over the parameter's elements.
 */
export type UpdateRule<Name extends string, Scalar extends string> = (
  old: Tensors<Name>,
  gradient: Tensor,
  scalars: Tensors<Scalar>,
) => { readonly next?: Partial<Tensors<Name>>; readonly sums?: readonly Tensor[] };

/** An update for which there is no op of our own (`updates.ts`): the rule runs for all parameters as one graph. */
export interface CompiledUpdate<Scalar extends string> {
  /** Updates the variables; returns each of the rule's sums over all parameters, added in double precision. */
  apply(gradients: readonly Tensor[], scalars: Readonly<Record<Scalar, number>>): number[];
  dispose(): void;
}

/** @param variables the rule's variables by name, each a list in the order of the parameters */
export function compiledUpdate<Name extends string, Scalar extends string>(
  name: string,
  variables: Readonly<Record<Name, readonly Variable[]>>,
  rule: UpdateRule<Name, Scalar>,
): CompiledUpdate<Scalar> {
  const lists = Object.entries<readonly Variable[]>(variables) as [Name, readonly Variable[]][];
  const readParameter = (index: number) =>
    Object.fromEntries(lists.map(([key, list]) => [key, list[index]!.read()])) as Record<Name, Tensor>;

  const update = compile(
    name,
    (inputs: {
      readonly old: readonly Tensors<Name>[];
      readonly gradients: readonly Tensor[];
      readonly scalars: Tensors<Scalar>;
    }) => {
      const results = inputs.gradients.map((gradient, i) => rule(inputs.old[i]!, gradient, inputs.scalars));
      const sums = results.flatMap((result) => result.sums ?? []);
      return {
        next: results.map((result) => (result.next ?? {}) as Record<string, Tensor>),
        // [parameters · sums]: one tensor, one copy to the host
        sums: sums.length > 0 ? [rawOp1('Pack', sums, { N: { int: sums.length }, T: FLOAT })] : [],
      };
    },
  );

  return {
    apply(gradients, scalarValues) {
      const old = gradients.map((_, i) => readParameter(i));
      const { next, sums } = withScalars(scalarValues, (scalars) => update({ old, gradients, scalars }));
      disposeTree(old);
      next.forEach((values, i) => {
        for (const [key, value] of Object.entries(values)) variables[key as Name][i]!.assign(value);
      });
      const totals = sums[0] ? sumColumns(readFloats(sums[0]), gradients.length) : [];
      disposeTree(next);
      disposeTree(sums);
      return totals;
    },
    dispose: () => update.dispose(),
  };
}

/** Column sums of a row-major matrix of `rows` rows. */
function sumColumns(values: ArrayLike<number>, rows: number): number[] {
  const columns = values.length / rows;
  return Array.from({ length: columns }, (_, column) => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += values[row * columns + column]!;
    return total;
  });
}
