import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type RandomGenerator, randomGenerator } from '../../random.js';
import type { HostBatch, Split } from '../types.js';

/*
 * Leave one out, as BERT4Rec-VAE-Pytorch does it: of each user's items the last is the test's answer, the one before
 * it is held back (the reference chooses an epoch by it), all others are what the network sees, in training and in test.
 */

/** Of the masked items: replaced by the mask; the same share of the rest by any item; the others stay. */
const MASKED_SHARE = 0.8;
const REPLACED_SHARE = 0.1;

/** Masked places are at most this many deviations above their expected number: fewer than one in 10¹² is lost. */
const SLOT_DEVIATIONS = 8;

export interface MaskingOptions {
  /** T */
  readonly maxLength: number;
  readonly maskProbability: number;
  readonly numItems: number;
  /** Of the run. */
  readonly seed: number;
}

/** Items that a network sees, without the last two. */
function seenItems(sequence: Int32Array): Int32Array {
  return sequence.subarray(0, -2);
}

/**
 * Training examples, one for each user: its last T items, some of them masked. What is masked is a pure function of
 * seed, epoch and user. Batch: see `recommendation`.
 */
export function maskedSplit(users: readonly Int32Array[], options: MaskingOptions): Split {
  const { maxLength, seed } = options;
  const slots = slotsOf(options);
  return {
    length: users.length,
    async read(indices: Int32Array, epoch = 0): Promise<HostBatch> {
      const batch = indices.length;
      const ids = new Int32Array(batch * maxLength);
      const positions = new Int32Array(batch * slots);
      const labels = new Int32Array(batch * slots);
      let masked = 0;
      indices.forEach((user, i) => {
        const random = randomGenerator(seed, `masks of user ${user} in epoch ${epoch}`);
        const sequence = ids.subarray(i * maxLength, (i + 1) * maxLength);
        padLeft(sequence, seenItems(users[user]!));
        let slot = 0;
        sequence.forEach((item, position) => {
          if (item === 0) return;
          const replacement = maskOrKeep(item, random, options);
          if (replacement === undefined || slot === slots) return;
          sequence[position] = replacement;
          positions[i * slots + slot] = position;
          labels[i * slots + slot] = item;
          slot++;
        });
        masked += slot;
      });
      return {
        ids: { shape: [batch, maxLength], data: ids },
        positions: { shape: [batch, slots], data: positions },
        labels: { shape: [batch, slots], data: labels },
        weight: { shape: [batch], data: new Float32Array(batch).fill(batch / Math.max(masked, 1)) },
      };
    },
  };
}

/** What stands in an item's place where it is masked; undefined where it is not. */
function maskOrKeep(
  item: number,
  random: RandomGenerator,
  { maskProbability, numItems }: MaskingOptions,
): number | undefined {
  const draw = uniformFloat64(random) / maskProbability;
  if (draw >= 1) return undefined;
  if (draw < MASKED_SHARE) return maskToken(numItems);
  return draw < MASKED_SHARE + REPLACED_SHARE ? uniformInt(random, 1, numItems) : item;
}

/** The last `target.length` items, after as many zeros as are missing. */
function padLeft(target: Int32Array, items: Int32Array): void {
  const last = items.subarray(Math.max(0, items.length - target.length));
  target.set(last, target.length - last.length);
}

function maskToken(numItems: number): number {
  return numItems + 1;
}

/** Places for masked items of a sequence, the same for all batches: a graph is recorded for one shape. */
function slotsOf({ maxLength, maskProbability: p }: MaskingOptions): number {
  const expected = maxLength * p;
  return Math.min(maxLength, Math.ceil(expected + SLOT_DEVIATIONS * Math.sqrt(expected * (1 - p))));
}

/** Test examples, one for each user: the mask after what it took, the answer and other candidates. */
export function answerSplit(
  users: readonly Int32Array[],
  negatives: readonly Int32Array[],
  { maxLength, numItems }: Pick<MaskingOptions, 'maxLength' | 'numItems'>,
): Split {
  const candidatesEach = 1 + (negatives[0]?.length ?? 0);
  return {
    length: users.length,
    async read(indices: Int32Array): Promise<HostBatch> {
      const batch = indices.length;
      const ids = new Int32Array(batch * maxLength);
      const candidates = new Int32Array(batch * candidatesEach);
      const answers = Int32Array.from(indices, (user) => users[user]!.at(-1)!);
      indices.forEach((user, i) => {
        const sequence = ids.subarray(i * maxLength, (i + 1) * maxLength);
        padLeft(sequence.subarray(0, -1), seenItems(users[user]!));
        sequence[maxLength - 1] = maskToken(numItems);
        candidates.set([answers[i]!, ...negatives[user]!], i * candidatesEach);
      });
      return {
        ids: { shape: [batch, maxLength], data: ids },
        positions: { shape: [batch, 1], data: new Int32Array(batch).fill(maxLength - 1) },
        labels: { shape: [batch, 1], data: answers },
        weight: { shape: [batch], data: new Float32Array(batch).fill(1) },
        candidates: { shape: [batch, candidatesEach], data: candidates },
      };
    },
  };
}
