import type { Task } from './task.js';

/**
 * A test function of two parameters (Section 5, B.1): no data, one "example" a step, and the parameters themselves as
 * columns of metrics.csv, at the point where the step's loss was taken.
 */
export const synthetic: Task = {
  scoreNames: ['x1', 'x2'],
  forward(model, scope) {
    const [x1, x2] = model.parameters.map((parameter) => scope.get(parameter).reshape([1]));
    return { losses: model.forward(scope, {}), scores: { x1: x1!, x2: x2! } };
  },
};
