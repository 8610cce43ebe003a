import type { Tensor } from './tf.js';

/** Nested arrays and records of tensors: what pure functions take and return. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [key: string]: TensorTree };

function isTensor(value: TensorTree): value is Tensor {
  return 'dataId' in value && 'rank' in value;
}

/** The tensors of a tree in a fixed order (record keys as inserted). */
export function flatten(tree: TensorTree, into: Tensor[] = []): Tensor[] {
  if (isTensor(tree)) into.push(tree);
  else for (const child of Object.values(tree)) flatten(child as TensorTree, into);
  return into;
}

/** A tree of the same form as `like` with other tensors, in `flatten`'s order. */
export function unflatten<T extends TensorTree>(like: T, tensors: readonly Tensor[]): T {
  let next = 0;
  const build = (node: TensorTree): TensorTree => {
    if (isTensor(node)) return tensors[next++]!;
    if (Array.isArray(node)) return node.map(build);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, build(child)]));
  };
  return build(like) as T;
}

/** Form, data types and shapes in words: trees with the same signature flatten to matching tensors. */
export function signature(tree: TensorTree): string {
  if (isTensor(tree)) return `${tree.dtype}[${tree.shape}]`;
  const children = Object.entries(tree).map(([key, child]) => `${key}:${signature(child as TensorTree)}`);
  return `{${children.join(',')}}`;
}

/** Disposes every tensor of a tree. */
export function disposeTree(tree: TensorTree): void {
  for (const tensor of flatten(tree)) tensor.dispose();
}
