import type { NativeBinding } from './binding.js';
import type { RecordedNode, Reference } from './recorder.js';

/**
 * The graph with sums of three and more terms kept as they were recorded. TensorFlow would merge them into AddN, which
 * adds up in whatever order the buffers of its terms become free: with two threads the last digits would differ from run
 * to run. Snapshot passes on what nobody else uses, without a copy, and graph optimisers do not look through it.
 */
export function keepSumOrder(
  binding: NativeBinding,
  nodes: readonly RecordedNode[],
  outputs: readonly Reference[],
): readonly RecordedNode[] {
  const uses = new Map<number, number>();
  const count = ({ node }: Reference) => uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of nodes) if (node.kind === 'op') node.inputs.forEach(count);
  outputs.forEach(count);

  const barriers: RecordedNode[] = [];
  const behindBarrier = (term: Reference): Reference => {
    const sum = nodes[term.node]!;
    if (!isSum(sum) || uses.get(term.node) !== 1) return term;
    const types = sum.outputTypes;
    barriers.push({
      kind: 'op',
      name: 'Snapshot',
      attributes: [{ name: 'T', type: binding.TF_ATTR_TYPE, value: types[0]! }],
      inputs: [term],
      inputTypes: types,
      outputTypes: types,
      elements: sum.elements,
    });
    return { node: nodes.length + barriers.length - 1, output: 0 };
  };
  const kept = nodes.map((node) =>
    isSum(node) ? { ...node, inputs: node.inputs.map(behindBarrier) } : node,
  );
  return [...kept, ...barriers];
}

/** In scopes of `fuse` sums become loops, in their order. */
function isSum(node: RecordedNode): node is Extract<RecordedNode, { kind: 'op' }> {
  return node.kind === 'op' && (node.name === 'Add' || node.name === 'AddV2') && node.scope === undefined;
}
