import { normals, uniforms } from '../../random.js';
import type { Initializer } from './builder.js';

export function constant(value: number): Initializer {
  return (_, size) => new Float32Array(size).fill(value);
}

export const zeros = constant(0);
export const ones = constant(1);

/** N(0, 2/fanOut): He et al. 2015, PyTorch's `kaiming_normal_(mode='fan_out', nonlinearity='relu')`. */
export function kaimingNormal(fanOut: number): Initializer {
  return (random, size) => normals(random, size, Math.sqrt(2 / fanOut));
}

/** U(−1/√fanIn, 1/√fanIn): what PyTorch's `nn.Linear` and `nn.Conv2d` start their weights from. */
export function fanInUniform(fanIn: number): Initializer {
  return (random, size) => uniforms(random, size, 1 / Math.sqrt(fanIn));
}

/** U(−√(3/fanIn), √(3/fanIn)), variance 1/fanIn: PyTorch's `kaiming_uniform_(a=1)`. */
export function unitVarianceUniform(fanIn: number): Initializer {
  return (random, size) => uniforms(random, size, Math.sqrt(3 / fanIn));
}

/** N(0, deviation²) */
export function normal(deviation: number): Initializer {
  return (random, size) => normals(random, size, deviation);
}
