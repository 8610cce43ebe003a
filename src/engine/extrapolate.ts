import type { HostValues, OpAttribute } from './binding.js';
import { DT } from './binding.js';
import type { RecordedNode } from './recorder.js';

/**
 * From two recordings of one function, made with 2 and 3 examples in the batch, the graph for any number of examples.
 *
 * Recording runs the function eagerly, where every intermediate result stays alive: for a large batch that needs many
 * times the memory of a replay. A recording depends on the batch size only through shapes and the small integer
 * constants made of them, and linearly (the axis itself, or a product with fixed axes): two points give the line.
 * Whatever differs in another way makes the function decline.
 */
export const RECORDED_SIZES = [2, 3] as const;

/** Why two recordings do not determine the graph. */
export class NotLinear extends Error {}

/** @param size examples of the graph wanted */
export function extrapolate(
  two: readonly RecordedNode[],
  three: readonly RecordedNode[],
  size: number,
): RecordedNode[] {
  if (two.length !== three.length) throw new NotLinear('the number of ops depends on the batch size');
  return two.map((node, i) => nodeAt(node, three[i]!, size));
}

function nodeAt(a: RecordedNode, b: RecordedNode, size: number): RecordedNode {
  if (a.kind === 'input' && b.kind === 'input') return { ...a, shape: integersAt(a.shape, b.shape, size) };
  if (a.kind === 'constant' && b.kind === 'constant' && a.dtype === b.dtype) {
    const shape = integersAt(a.shape, b.shape, size);
    return { ...a, shape, values: valuesAt(a, b, size) };
  }
  if (a.kind === 'op' && b.kind === 'op' && a.name === b.name && sameInputs(a, b)) {
    return {
      ...a,
      attributes: attributesAt(a.attributes, b.attributes, size),
      elements: integerAt(a.elements, b.elements, size),
    };
  }
  throw new NotLinear('its ops depend on the batch size');
}

function sameInputs(a: RecordedNode & { kind: 'op' }, b: RecordedNode & { kind: 'op' }): boolean {
  return (
    a.inputs.length === b.inputs.length &&
    a.inputs.every(({ node, output }, i) => node === b.inputs[i]!.node && output === b.inputs[i]!.output)
  );
}

function integerAt(two: number, three: number, size: number): number {
  return two + (three - two) * (size - RECORDED_SIZES[0]);
}

function integersAt(two: readonly number[], three: readonly number[], size: number): number[] {
  if (two.length !== three.length) throw new NotLinear('a rank depends on the batch size');
  return two.map((value, i) => integerAt(value, three[i]!, size));
}

type Constant = RecordedNode & { kind: 'constant' };

function valuesAt(a: Constant, b: Constant, size: number): HostValues {
  if (a.values.length === b.values.length) {
    if (a.values.every((value, i) => Object.is(value, b.values[i]))) return a.values;
    if (a.dtype === DT.INT32) {
      return Int32Array.from(a.values, (value, i) => integerAt(value, b.values[i]!, size));
    }
  }
  const first = a.values[0];
  const uniform = (values: HostValues) => values.every((value) => Object.is(value, first));
  // One value stands for all of them, whatever the shape.
  if (first !== undefined && uniform(a.values) && uniform(b.values)) return a.values.slice(0, 1);
  throw new NotLinear('a constant depends on the batch size');
}

function attributesAt(a: readonly OpAttribute[], b: readonly OpAttribute[], size: number): OpAttribute[] {
  if (a.length !== b.length) throw new NotLinear('the attributes of an op depend on the batch size');
  return a.map((attribute, i) => {
    const other = b[i]!;
    if (JSON.stringify(attribute) === JSON.stringify(other)) return attribute;
    const lists = Array.isArray(attribute.value) && Array.isArray(other.value);
    if (attribute.name !== other.name || !lists) {
      throw new NotLinear(`the attribute ${attribute.name} of an op depends on the batch size`);
    }
    return {
      ...attribute,
      value: integersAt(attribute.value as number[], other.value as number[], size),
    };
  });
}
