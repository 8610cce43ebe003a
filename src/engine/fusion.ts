import type { OpAttribute } from './binding.js';
import type { RecordedNode, Reference } from './recorder.js';

/*
 * Groups the nodes that were recorded within `fuse` into functions, which TensorFlow compiles with XLA. Equal functions
 * (the same chain in every layer) are written once, so that they are compiled once.
 */

/** A node that calls a function. */
export interface CallNode {
  readonly kind: 'call';
  readonly function: string;
  readonly inputs: readonly Reference[];
}

/** An input of a function, or an output of a node in it. */
export type BodyReference = { readonly argument: number } | { readonly node: number };

type BodyNode =
  | Extract<RecordedNode, { kind: 'constant' }>
  | (Omit<Extract<RecordedNode, { kind: 'op' }>, 'inputs'> & { readonly inputs: readonly BodyReference[] });

export interface FusedFunction {
  readonly name: string;
  readonly argumentTypes: readonly number[];
  readonly body: readonly BodyNode[];
  /** Nodes of the body whose output the function returns. */
  readonly results: readonly { readonly node: number; readonly type: number }[];
}

export interface FusedGraph {
  /** At its index every node that remains; a call is at the index of its first op. */
  readonly nodes: readonly (RecordedNode | CallNode | undefined)[];
  readonly functions: readonly FusedFunction[];
  readonly outputs: readonly Reference[];
  /** Why scopes stay as they are, once each. */
  readonly refusals?: readonly Refusal[];
}

/** A reason, and how many scopes it holds for. */
interface Refusal {
  readonly reason: string;
  readonly count: number;
}

/** What may be fused: ops with one output, by its name in TensorFlow's op registry. */
export const FUSIBLE: Readonly<Record<string, string>> = {
  Add: 'z',
  AddV2: 'z',
  Sub: 'z',
  Mul: 'z',
  RealDiv: 'z',
  Square: 'y',
  Erf: 'y',
  Exp: 'y',
  Tanh: 'y',
  Rsqrt: 'y',
  Sum: 'output',
  Mean: 'output',
  Reshape: 'output',
  Cast: 'y',
  GreaterEqual: 'z',
};

/** Elements of the largest tensor below which a call costs more than the passes over memory that it saves. */
const SMALLEST = 2 ** 16;

/** The graph with a call for every fusible scope. */
export function fuseScopes(nodes: readonly RecordedNode[], outputs: readonly Reference[]): FusedGraph {
  const scopes = new Map<number, number[]>();
  nodes.forEach((node, i) => {
    if (node.kind === 'input' || node.scope === undefined) return;
    const members = scopes.get(node.scope) ?? [];
    members.push(i);
    scopes.set(node.scope, members);
  });
  const users = usersOf(nodes, outputs);
  const result: (RecordedNode | CallNode | undefined)[] = [...nodes];
  const functions = new Map<string, FusedFunction>();
  /** Where the outputs of fused nodes are now. */
  const moved = new Map<number, Reference>();
  const refused = new Map<string, number>();
  for (const members of scopes.values()) {
    const scope = fusibleScope(nodes, members, users);
    if (typeof scope === 'string') {
      refused.set(scope, (refused.get(scope) ?? 0) + 1);
      continue;
    }
    const { key, call, results } = scope;
    const known = functions.get(key) ?? {
      ...scope.function,
      name: functionName(functions.size, scope.function.body),
    };
    functions.set(key, known);
    for (const member of scope.members) result[member] = undefined;
    const [first] = scope.members as [number];
    result[first] = { kind: 'call', function: known.name, inputs: call };
    results.forEach((node, output) => {
      moved.set(node, { node: first, output });
    });
  }
  const current = (reference: Reference) => moved.get(reference.node) ?? reference;
  return {
    nodes: result.map((node) =>
      node && 'inputs' in node ? { ...node, inputs: node.inputs.map(current) } : node,
    ),
    functions: [...functions.values()],
    outputs: outputs.map(current),
    refusals: Array.from(refused, ([reason, count]) => ({ reason, count })),
  };
}

/** A name that says what the loop is of: profiles show it. */
function functionName(index: number, body: readonly BodyNode[]): string {
  const ops = body.flatMap((node) => (node.kind === 'op' ? [node.name] : []));
  return [`fused${index}`, ...new Set(ops)].join('_');
}

/** For every node the nodes that use it; −1 stands for the graph's outputs. */
function usersOf(
  nodes: readonly RecordedNode[],
  outputs: readonly Reference[],
): ReadonlyMap<number, number[]> {
  const users = new Map<number, number[]>();
  const add = (node: number, user: number) => {
    const list = users.get(node) ?? [];
    list.push(user);
    users.set(node, list);
  };
  nodes.forEach((node, i) => {
    if (node.kind === 'op') for (const { node: from } of node.inputs) add(from, i);
  });
  for (const { node } of outputs) add(node, -1);
  return users;
}

/** The function for a scope and the call of it, or why there is none. */
function fusibleScope(
  nodes: readonly RecordedNode[],
  all: readonly number[],
  users: ReadonlyMap<number, number[]>,
) {
  const inScope = new Set(all);
  const usedOutside = (i: number) => (users.get(i) ?? []).some((user) => !inScope.has(user));
  // A constant may have been made here and be used elsewhere too: it stays outside.
  const members = all.filter((i) => nodes[i]!.kind === 'op' || !usedOutside(i));
  const ops = members.filter((i) => nodes[i]!.kind === 'op');
  const largest = Math.max(0, ...ops.map((i) => (nodes[i] as { elements: number }).elements));
  const strange = ops
    .map((i) => (nodes[i] as { name: string }).name)
    .find((name) => !Object.hasOwn(FUSIBLE, name));
  if (strange !== undefined) return `${strange} is not among the ops that are fused`;
  if (ops.length < 2) return 'one op alone has nothing to be fused with';
  if (largest < SMALLEST) return `with fewer than ${SMALLEST} elements, a loop would not pay`;

  const call: Reference[] = [];
  const argumentTypes: number[] = [];
  const positions = new Map(members.map((i, position) => [i, position]));
  const localReference = (reference: Reference, type: number): BodyReference => {
    const position = positions.get(reference.node);
    if (position !== undefined) return { node: position };
    let argument = call.findIndex(
      (known) => known.node === reference.node && known.output === reference.output,
    );
    if (argument < 0) {
      argument = call.push(reference) - 1;
      argumentTypes.push(type);
    }
    return { argument };
  };
  const body = members.map((i): BodyNode => {
    const node = nodes[i] as Exclude<RecordedNode, { kind: 'input' }>;
    if (node.kind === 'constant') return node;
    return { ...node, inputs: node.inputs.map((input, k) => localReference(input, node.inputTypes[k]!)) };
  });
  const results = ops.filter(usedOutside);
  const fused = {
    argumentTypes,
    body,
    results: results.map((i) => ({
      node: positions.get(i)!,
      type: (nodes[i] as { outputTypes: readonly number[] }).outputTypes[0]!,
    })),
  };
  return { members, call, results, function: fused, key: keyOf(fused) };
}

/** Equal for functions that do the same. */
function keyOf({ argumentTypes, body, results }: Omit<FusedFunction, 'name'>): string {
  const nodes = body.map((node) =>
    node.kind === 'constant'
      ? [node.shape, node.dtype, Array.from(node.values)]
      : [node.name, node.attributes.map(({ name, value }: OpAttribute) => [name, value]), node.inputs],
  );
  return JSON.stringify([argumentTypes, nodes, results]);
}
