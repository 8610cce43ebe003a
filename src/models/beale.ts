import type { Tensor } from '../engine/tf.js';
import { defineFunction } from './function-model.js';

/**
 * Beale's function; Beale 1958, and Appendix B.1 of the GeN paper. The paper does not give its start; this one is
 * the project's choice.
 */
export const beale = defineFunction({
  name: 'beale',
  description: '(1.5 − x1 + x1·x2)² + (2.25 − x1 + x1·x2²)² + (2.625 − x1 + x1·x2³)², minimum 0 at (3, 0.5)',
  start: [-2, -1.5],
  value: (x1, x2) => {
    const square = x2.square();
    const term = (constant: number, power: Tensor) => x1.mul(power).sub(x1).add(constant).square();
    return term(1.5, x2)
      .add(term(2.25, square))
      .add(term(2.625, square.mul(x2))); // exact in float32
  },
});
