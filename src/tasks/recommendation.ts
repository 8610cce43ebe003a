import { gatherRows } from '../engine/ops/gather-rows.js';
import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { floatTensor } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { mean } from '../gen/fit.js';
import { ndcg } from '../metrics/ndcg.js';
import { recall } from '../metrics/recall.js';
import { TOP_K } from '../metrics/top-k.js';
import type { Task, TaskOutput } from './task.js';

/**
 * Masked items: cross-entropy over all items at the masked places of each sequence, scored by the rank of the last item
 * among sampled others.
 *
 * Batch: `ids` int32 [B, T]; `positions` int32 [B, M] and `labels` int32 [B, M], the masked places and their items (label
 * 0: an unused slot); `weight` [B], which makes the mean of the examples' losses the mean over all masked items of the
 * batch, as the reference has it; in evaluation `candidates` int32 [B, 1 + N], the answer first.
 */
export const recommendation: Task = {
  scoreNames: [],
  forward(model, scope, { ids, positions, labels, weight, candidates }) {
    const [batch, slots] = labels!.shape as [number, number];
    const logits = model.forward(scope, { ids: ids!, positions: positions! }); // (B, M, items + 1)
    const items = logits.shape[2]!;
    // (B, M, items + 1) -> (B·M, items + 1)
    const losses = softmaxCrossEntropy(logits.reshape([batch * slots, items]), labels!.reshape([-1]));
    const used = labels!.greater(tf.scalar(0, 'int32')).cast('float32');
    const scores: TaskOutput['scores'] = scope.training ? {} : { rank: rankOfAnswer(logits, candidates!) };
    return { losses: losses.reshape([batch, slots]).mul(used).sum(1).mul(weight!), scores };
  },
  metrics({ loss, rank }) {
    return {
      loss: mean(loss!),
      ...Object.fromEntries(TOP_K.map((k) => [`recall@${k}`, recall(rank!, k)])),
      ...Object.fromEntries(TOP_K.map((k) => [`ndcg@${k}`, ndcg(rank!, k)])),
    };
  },
};

/**
 * How many of the others do not score below the answer, [B]: 0 is the best. A tie counts against the answer, and so does
 * NaN, so that a model which tells nothing apart recommends nothing.
 */
function rankOfAnswer(logits: Tensor, candidates: Tensor): Tensor {
  const [batch, , items] = logits.shape as [number, number, number];
  const others = candidates.shape[1]! - 1;
  // one masked place: (B, 1, items + 1) -> (B, items + 1, 1), then by candidate (B, 1 + N, 1)
  const scores = gatherRows(logits.reshape([batch, items, 1]), candidates).reshape([batch, 1 + others]);
  const answer = scores.slice([0, 0], [batch, 1]);
  const below = answer
    .greater(scores.slice([0, 1], [batch, others]))
    .cast('float32')
    .sum(1);
  return floatTensor(others).sub(below);
}
