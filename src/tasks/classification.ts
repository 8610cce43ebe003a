import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import type { Task } from './task.js';

/** Softmax cross-entropy over classes, scored by accuracy. Batch: `image` [B, H, W, C], `label` [B] (int32). */
export const classification: Task = {
  scoreNames: ['accuracy'],
  forward(model, scope, batch) {
    const logits = model.forward(scope, batch); // [B, K]
    return {
      losses: softmaxCrossEntropy(logits, batch.label!),
      scores: { accuracy: logits.argMax(-1).cast('int32').equal(batch.label!).cast('float32') },
    };
  },
};
