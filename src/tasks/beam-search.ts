import { FLOAT, floatTensor, INT32, rawOp, rawOp1 } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import type { Scope } from '../models/layers/scope.js';
import type { KeyValueCache, LanguageModel } from '../models/types.js';

export interface BeamSearchOptions {
  /** Texts that are followed at once. */
  readonly beam: number;
  /** A finished text's log-probability is divided by its length to this power. */
  readonly lengthPenalty: number;
  /** No sequence of this many tokens is generated twice in a text; 0: any may be. */
  readonly noRepeatNgram: number;
  /** Most tokens of a text, the ending one included. */
  readonly maxTokens: number;
  readonly endIds: readonly number[];
}

/** A text under way, or the best one of a prompt. */
interface Hypothesis {
  readonly tokens: readonly number[];
  /** Log-probability of the tokens; of a best text divided by the length. */
  readonly score: number;
}

/** The hypotheses of a prompt that is not finished. */
interface Search {
  readonly index: number;
  hypotheses: Hypothesis[];
  best: Hypothesis | undefined;
}

/**
 * Continues prompts by batched beam search with a key/value cache, by the rules of LoRA's code base (Hu et al. 2021,
 * examples/NLG, gpt2_beam.py): always the `beam` likeliest continuations of all of a prompt's hypotheses; one that ends
 * leaves the beam, and the best by length-penalised score counts, unfinished ones at the length limit included. A
 * prompt is left early where none of its hypotheses can become the best any more.
 *
 * @param prompts token ids, at least one each
 * @returns the generated ids of every prompt, with the ending one
 */
export function beamSearch(
  model: LanguageModel,
  scope: Scope,
  prompts: readonly Int32Array[],
  options: BeamSearchOptions,
): number[][] {
  const results: number[][] = prompts.map(() => []);
  let searches = prompts.map((_, index): Search => ({ index, hypotheses: [], best: undefined }));
  const batch = new Decoder(model, scope, prompts);
  for (let length = 1; length <= options.maxTokens; length++) {
    const banned = searches.flatMap(({ hypotheses }) =>
      hypotheses.map(({ tokens }) => repeats(tokens, options.noRepeatNgram)),
    );
    const candidates = batch.likeliest(searches, banned, options.beam);
    const rowsEach = length === 1 ? 1 : options.beam; // a prompt is one row at first
    const kept: Search[] = [];
    const rows: number[] = [];
    const tokens: number[] = [];
    searches.forEach((search, i) => {
      const next = candidates[i]!.map(({ hypothesis, token, score }) => ({
        row: i * rowsEach + hypothesis,
        tokens: [...(search.hypotheses[hypothesis]?.tokens ?? []), token],
        score,
      }));
      search.hypotheses = next.map((one) => finish(search, one, length, options));
      if (isDecided(search, options) || length === options.maxTokens) {
        results[search.index] = conclude(search, options);
      } else {
        kept.push(search);
        rows.push(...next.map(({ row }) => row));
        tokens.push(...next.map((one) => one.tokens.at(-1)!));
      }
    });
    searches = kept;
    if (searches.length === 0) break;
    batch.extend(rows, tokens);
  }
  batch.dispose();
  return results;
}

/** A hypothesis that ended is compared with the best, and cannot go on. */
function finish(
  search: Search,
  { tokens, score }: Hypothesis,
  length: number,
  { endIds, lengthPenalty }: BeamSearchOptions,
): Hypothesis {
  if (!endIds.includes(tokens.at(-1)!)) return { tokens, score };
  offer(search, { tokens, score: score / length ** lengthPenalty });
  return { tokens, score: Number.NEGATIVE_INFINITY };
}

function offer(search: Search, candidate: Hypothesis): void {
  if (!search.best || search.best.score < candidate.score) search.best = candidate;
}

/** Whether no hypothesis can become better than the best: log-probabilities only fall, the longest divisor is known. */
function isDecided({ hypotheses, best }: Search, { maxTokens, lengthPenalty }: BeamSearchOptions): boolean {
  const highest = Math.max(...hypotheses.map(({ score }) => score));
  return best !== undefined && best.score >= highest / maxTokens ** lengthPenalty;
}

function conclude(search: Search, { lengthPenalty }: BeamSearchOptions): number[] {
  for (const { tokens, score } of search.hypotheses) {
    offer(search, { tokens, score: score / tokens.length ** lengthPenalty });
  }
  return [...search.best!.tokens];
}

/** Tokens that would repeat a sequence of `n` tokens. */
export function repeats(tokens: readonly number[], n: number): number[] {
  if (n === 0 || tokens.length + 1 < n) return [];
  const start = tokens.slice(tokens.length - n + 1);
  const found: number[] = [];
  for (let i = 0; i + n <= tokens.length; i++) {
    if (start.every((token, j) => token === tokens[i + j])) found.push(tokens[i + n - 1]!);
  }
  return found;
}

interface Candidate {
  /** Of the search's hypotheses. */
  readonly hypothesis: number;
  readonly token: number;
  readonly score: number;
}

/** The model's side of the search: one row a hypothesis, its cache and the logits of its next token. */
class Decoder {
  private cache: KeyValueCache;
  /** [R, V] */
  private logits: Tensor;
  /** int32 [R, P], 1 where a token is. */
  private mask: Tensor;
  /** Tokens of each row. */
  private lengths: number[];

  /** Prompts are padded on the left: the last column is every row's last token. */
  constructor(
    private readonly model: LanguageModel,
    private readonly scope: Scope,
    prompts: readonly Int32Array[],
  ) {
    const width = Math.max(...prompts.map((prompt) => prompt.length));
    const shape: [number, number] = [prompts.length, width];
    const [ids, mask, positions] = [0, 1, 2].map(() => new Int32Array(prompts.length * width)) as [
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    prompts.forEach((prompt, row) => {
      const start = (row + 1) * width - prompt.length;
      ids.set(prompt, start);
      mask.fill(1, start, (row + 1) * width);
      positions.set(
        prompt.map((_, i) => i),
        start,
      );
    });
    this.lengths = prompts.map((prompt) => prompt.length);
    this.mask = tf.tensor2d(mask, shape, 'int32');
    const inputs = {
      ids: tf.tensor2d(ids, shape, 'int32'),
      positions: tf.tensor2d(positions, shape, 'int32'),
    };
    const { logits, cache } = run(() => model.decode(scope, { ...inputs, mask: this.mask }));
    for (const tensor of Object.values(inputs)) tensor.dispose();
    this.logits = logits;
    this.cache = cache;
  }

  /** The `beam` likeliest continuations of every search, the likeliest first. */
  likeliest(
    searches: readonly Search[],
    banned: readonly (readonly number[])[],
    beam: number,
  ): Candidate[][] {
    const [values, indices] = tf.tidy(() => {
      const allowed = ban(this.logits, banned);
      const [rows, vocabulary] = allowed.shape as [number, number];
      const scores = searches.flatMap(({ hypotheses }) => hypotheses.map(({ score }) => score));
      const logProbabilities = rawOp1('LogSoftmax', [allowed], { T: FLOAT }); // [R, V]
      const totals =
        scores.length === 0 ? logProbabilities : logProbabilities.add(floatTensor(scores, [rows, 1]));
      const perSearch = totals.reshape([searches.length, (rows / searches.length) * vocabulary]);
      const k = tf.scalar(beam, 'int32');
      const [top, places] = rawOp('TopKV2', [perSearch, k], { sorted: true, T: FLOAT }, 2); // [B, beam]
      return [top!.dataSync(), places!.dataSync()];
    });
    const vocabulary = this.model.vocabSize;
    return searches.map((_, i) =>
      Array.from({ length: beam }, (__, j) => {
        const index = indices![i * beam + j]!;
        return {
          hypothesis: Math.floor(index / vocabulary),
          token: index % vocabulary,
          score: values![i * beam + j]!,
        };
      }),
    );
  }

  /** Goes on with `rows` of the batch, each with one more token. */
  extend(rows: readonly number[], tokens: readonly number[]): void {
    const count = rows.length;
    const places = tf.tensor1d([...rows], 'int32');
    this.lengths = rows.map((row) => this.lengths[row]! + 1);
    const before = this.all();
    const kept = run(() => {
      const mask = tf.concat([gather(this.mask, places), tf.ones([count, 1], 'int32')], 1);
      const past = this.cache.map(({ key, value }) => ({
        key: gather(key, places),
        value: gather(value, places),
      }));
      const ids = tf.tensor2d([...tokens], [count, 1], 'int32');
      const positions = tf.tensor2d(
        this.lengths.map((length) => length - 1),
        [count, 1],
        'int32',
      );
      return { mask, ...this.model.decode(this.scope, { ids, mask, positions }, past) };
    });
    for (const tensor of [...before, places]) tensor.dispose();
    this.mask = kept.mask;
    this.logits = kept.logits;
    this.cache = kept.cache;
  }

  private all(): Tensor[] {
    return [this.mask, this.logits, ...this.cache.flatMap(({ key, value }) => [key, value])];
  }

  dispose(): void {
    for (const tensor of this.all()) tensor.dispose();
  }
}

/** `tf.tidy` for results that are not of its types. */
function run<T extends object>(fn: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = fn();
    return result as never;
  });
  return result!;
}

/** Rows of `x` by `places` [R] (int32), along the first axis. */
function gather(x: Tensor, places: Tensor): Tensor {
  const type = x.dtype === 'int32' ? INT32 : FLOAT;
  const attributes = { Tparams: type, Tindices: INT32, Taxis: INT32, batch_dims: { int: 0 } };
  return rawOp1('GatherV2', [x, places, tf.scalar(0, 'int32')], attributes);
}

/** Logits [R, V] with −∞ at every row's banned tokens. */
function ban(logits: Tensor, banned: readonly (readonly number[])[]): Tensor {
  const places = banned.flatMap((tokens, row) => tokens.map((token) => [row, token]));
  if (places.length === 0) return logits;
  const values = floatTensor(places.map(() => Number.NEGATIVE_INFINITY));
  const indices = tf.tensor2d(places, [places.length, 2], 'int32');
  return rawOp1('TensorScatterUpdate', [logits, indices, values], { T: FLOAT, Tindices: INT32 });
}
