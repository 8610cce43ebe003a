import { readFloats } from '../../dist/engine/raw.js';

/** Gradients of this size against the largest are zero but for rounding: a bias before BatchNorm. */
const NOTHING = 1e-6;

/**
 * Error of every tensor, |a − b| / |b| in the Euclidean norm.
 * @throws when the names differ
 */
export function relativeErrors(found, exact) {
  const missing = [...exact.keys()].filter((name) => !found.has(name));
  const unknown = [...found.keys()].filter((name) => !exact.has(name));
  if (missing.length + unknown.length > 0) {
    throw new Error(`only the peer has: ${missing.slice(0, 5)}; only we have: ${unknown.slice(0, 5)}`);
  }
  const gradients = [...exact].filter(([name]) => name.startsWith('gradient.'));
  const nothing = NOTHING * Math.max(...gradients.map(([, values]) => norm(values)));
  const result = new Map();
  for (const [name, b] of exact) {
    const a = found.get(name);
    if (a.length !== b.length) throw new Error(`${name} has ${a.length} elements, the peer's ${b.length}`);
    if (name.startsWith('gradient.') && norm(b) < nothing && norm(a) < nothing) continue;
    let squares = 0;
    for (let i = 0; i < b.length; i++) squares += (a[i] - b[i]) ** 2;
    result.set(name, Math.sqrt(squares) / Math.max(norm(b), Number.MIN_VALUE));
  }
  return result;
}

function norm(values) {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] ** 2;
  return Math.sqrt(squares);
}

/** The largest error of each kind, with the tensor it is of. */
export function worst(errors) {
  const result = {};
  for (const [name, error] of errors) {
    const [kind] = /^(eval|train)\.logits$/.test(name) ? [name] : name.split('.');
    if (!(result[kind]?.error >= error)) result[kind] = { error, name };
  }
  return result;
}

/** A gradient's values in the order of PyTorch's. */
export function inPytorchLayout(gradient, { layout }) {
  const axes = { same: undefined, conv: [3, 2, 0, 1], linear: [1, 0] }[layout];
  if (!axes) return readFloats(gradient);
  const turned = gradient.transpose(axes);
  const values = readFloats(turned);
  turned.dispose();
  return values;
}
