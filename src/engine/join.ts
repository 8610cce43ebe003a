import type { CallNode, FusedGraph } from './fusion.js';
import type { RecordedNode, Reference } from './recorder.js';

/**
 * One graph that does what `graph` does several times over, where only some of the inputs vary. Nodes that depend on
 * none of these are shared; of the others every time has its own.
 *
 * Inputs are those of `graph` in order, each one that varies once a time: x, y₁, y₂, z. Outputs are those of the first
 * time, then those of the second, and so on.
 *
 * @param varies for each input of `graph`, in order
 */
export function joinGraph(graph: FusedGraph, varies: readonly boolean[], times: number): FusedGraph {
  const nodes: (RecordedNode | CallNode | undefined)[] = [];
  /** Where each node is now: one index where it is shared, else one for each time. */
  const places: (readonly number[])[] = [];
  let input = 0;
  const add = (node: RecordedNode | CallNode | undefined) => nodes.push(node) - 1;
  const at = ({ node, output }: Reference, time: number): Reference => {
    const [first, ...others] = places[node]!;
    return { node: others.length === 0 ? first! : places[node]![time]!, output };
  };
  const eachTime = <T>(make: (time: number) => T) => Array.from({ length: times }, (_, time) => make(time));

  for (const node of graph.nodes) {
    if (node?.kind === 'input') {
      places.push(varies[input++] ? eachTime(() => add(node)) : [add(node)]);
    } else if (!node || node.kind === 'constant') {
      places.push([add(node)]);
    } else {
      const isShared = node.inputs.every((reference) => places[reference.node]!.length === 1);
      const copy = (time: number) =>
        add({ ...node, inputs: node.inputs.map((reference) => at(reference, time)) });
      places.push(isShared ? [copy(0)] : eachTime(copy));
    }
  }
  return { ...graph, nodes, outputs: eachTime((time) => graph.outputs.map((one) => at(one, time))).flat() };
}
