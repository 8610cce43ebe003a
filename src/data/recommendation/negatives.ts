import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { UsageError } from '../../errors.js';
import { type RandomGenerator, randomGenerator } from '../../random.js';
import type { Sequences } from './sequences.js';

/**
 * How the items are drawn that an answer must beat, none of which the user took:
 * - `popularity`: with a probability that is proportional to how often an item was taken (Sun et al. 2019);
 * - `uniform`: all alike (the template of BERT4Rec-VAE-Pytorch);
 * - `most-popular`: the most popular ones, nothing drawn.
 */
export const NEGATIVES = ['popularity', 'uniform', 'most-popular'] as const;
type Negatives = (typeof NEGATIVES)[number];

/** Of the draws, the same in every run: all runs are scored on the same candidates. The reference's. */
const SEED = 98_765;

/**
 * `count` different items for each user.
 *
 * @throws UsageError where a user left fewer than that untaken
 */
export function sampleNegatives(sequences: Sequences, how: Negatives, count: number): Int32Array[] {
  const { users, numItems } = sequences;
  const taken = users.map((sequence) => new Set(sequence));
  const most = taken.reduce((largest, { size }) => Math.max(largest, size), 0);
  if (numItems - most < count) {
    throw new UsageError(
      `${count} other candidates an answer, but a user took ${most} of ${numItems} items: ` +
        `lower dataset.num_negatives to at most ${numItems - most}.`,
    );
  }
  const popularity = popularityOf(sequences);
  if (how === 'most-popular') {
    const order = Int32Array.from(popularity.keys()).subarray(1);
    order.sort((a, b) => popularity[b]! - popularity[a]! || a - b);
    return taken.map((own) => order.filter((item) => !own.has(item)).subarray(0, count));
  }
  const draw = how === 'uniform' ? uniformDraw(numItems) : popularityDraw(popularity);
  return taken.map((own, user) => {
    const random = randomGenerator(SEED, `other candidates of user ${user}`);
    const drawn = new Set<number>();
    while (drawn.size < count) {
      const item = draw(random);
      if (!own.has(item)) drawn.add(item);
    }
    return Int32Array.from(drawn);
  });
}

/** How often each item was taken, by item; index 0 is no item. */
function popularityOf({ users, numItems }: Sequences): Float64Array {
  const counts = new Float64Array(numItems + 1);
  for (const sequence of users) for (const item of sequence) counts[item]!++;
  return counts;
}

type Draw = (random: RandomGenerator) => number;

function uniformDraw(numItems: number): Draw {
  return (random) => uniformInt(random, 1, numItems);
}

function popularityDraw(popularity: Float64Array): Draw {
  let sum = 0;
  const upTo = popularity.map((count) => (sum += count));
  return (random) => {
    const place = uniformFloat64(random) * sum;
    // the first item whose cumulated popularity lies above the place
    let low = 1;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! > place) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
