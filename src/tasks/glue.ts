import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { mean } from '../gen/fit.js';
import { accuracy } from '../metrics/accuracy.js';
import { f1 } from '../metrics/f1.js';
import { matthews } from '../metrics/matthews.js';
import type { Task, TaskOutput } from './task.js';

/**
 * Softmax cross-entropy over the classes of texts and pairs of texts, scored as GLUE does. Batch: `ids`, `mask` and, for
 * BERT, `tokenTypes` [B, T] (int32), `label` [B] (int32).
 */
export function glueTask(numClasses: number): Task {
  return {
    scoreNames: ['accuracy'],
    forward(model, scope, { label, ...inputs }) {
      const logits = model.forward(scope, inputs); // [B, K]
      const prediction = logits.argMax(-1).cast('int32'); // [B]
      const scores: TaskOutput['scores'] = scope.training
        ? { accuracy: prediction.equal(label!).cast('float32') }
        : { prediction: prediction.cast('float32'), label: label!.cast('float32') };
      return { losses: softmaxCrossEntropy(logits, label!), scores };
    },
    metrics({ loss, prediction, label }) {
      return {
        accuracy: accuracy(prediction!, label!),
        ...(numClasses === 2 ? { f1: f1(prediction!, label!) } : {}),
        matthews: matthews(prediction!, label!),
        loss: mean(loss!),
      };
    },
  };
}
