import type { Releases } from './binding.js';
import type { RecordedNode, Reference } from './recorder.js';

/**
 * The ids of tensors that an eager run will not use again, as it goes. tfjs keeps every intermediate result until the
 * run ends; once the function has been recorded, the record says when each is used last, and a further run of the same
 * function needs about the memory of the graph. Where the run leaves the record it may ask for a result that is gone,
 * which TensorFlow refuses.
 */
export class Lifetimes implements Releases {
  /** What each node's outputs are called in this run; absent: not one to give back. */
  private readonly ids: (readonly number[] | undefined)[] = [];
  /** By node: the references that it is the last to use. */
  private readonly endsAt: readonly (readonly Reference[])[];
  private next: number;
  /** Whether the run has gone as the record says so far. */
  private follows = true;

  /** @param outputs of the function: they live on */
  constructor(
    private readonly nodes: readonly RecordedNode[],
    outputs: readonly Reference[],
  ) {
    this.endsAt = lastUses(nodes, outputs);
    this.next = nodes.findIndex(({ kind }) => kind !== 'input');
  }

  /** A constant was uploaded. */
  created(): void {
    this.expect((node) => node.kind === 'constant');
  }

  /** An op has run: the ids that end with it. */
  executed(name: string, outputs: readonly number[]): readonly number[] {
    const index = this.next;
    if (!this.expect((node) => node.kind === 'op' && node.name === name)) return [];
    this.ids[index] = outputs;
    return this.endsAt[index]!.flatMap(({ node, output }) => this.ids[node]?.[output] ?? []);
  }

  private expect(matches: (node: RecordedNode) => boolean): boolean {
    const node = this.nodes[this.next++];
    this.follows &&= node !== undefined && matches(node);
    return this.follows;
  }
}

function lastUses(nodes: readonly RecordedNode[], outputs: readonly Reference[]): readonly Reference[][] {
  const endsAt: Reference[][] = nodes.map(() => []);
  const key = ({ node, output }: Reference) => `${node}:${output}`;
  const seen = new Set(outputs.map(key));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (node.kind !== 'op') continue;
    for (const input of node.inputs) {
      if (seen.has(key(input)) || nodes[input.node]!.kind !== 'op') continue;
      seen.add(key(input));
      endsAt[i]!.push(input);
    }
  }
  return endsAt;
}
