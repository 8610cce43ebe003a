import { defineFunction } from './function-model.js';

/**
 * Rosenbrock's valley; Rosenbrock 1960, and Appendix B.1 of the GeN paper. The paper does not give its start; this is
 * Rosenbrock's own.
 */
export const rosenbrock = defineFunction({
  name: 'rosenbrock',
  description: '100(x2 − x1²)² + (1 − x1)², minimum 0 at (1, 1)',
  start: [-1.2, 1],
  value: (x1, x2) => x2.sub(x1.square()).square().mul(100).add(x1.sub(1).square()),
});
