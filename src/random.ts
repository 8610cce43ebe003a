import { createHash } from 'node:crypto';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export type { RandomGenerator };

/**
 * A stream of random numbers (xoroshiro128+) that depends only on the run's seed and on what it is for. Streams of
 * other purposes are independent of it, so drawing more of one never shifts another.
 *
 * @param purpose for example a parameter's name
 */
export function randomGenerator(seed: number, purpose: string): RandomGenerator {
  const digest = createHash('sha256').update(`${seed}:${purpose}`).digest();
  return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
}

/** `count` draws from U(−bound, bound). */
export function uniforms(random: RandomGenerator, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => bound * (2 * uniformFloat32(random) - 1));
}

/** `count` draws from N(0, deviation²), by Box and Muller. */
export function normals(random: RandomGenerator, count: number, deviation: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    // 1 − u lies in (0, 1]: its logarithm is finite.
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - uniformFloat32(random)));
    const angle = 2 * Math.PI * uniformFloat32(random);
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}
