import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compile } from '../engine/compile.js';
import { readAll } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { error } from '../testing/model-oracle.js';
import { createTinyGpt2, evaluate, formulaWeights, textCase, tinyInputs } from '../testing/text-oracle.js';
import { Scope } from './layers/scope.js';
import type { DecodeInputs, KeyValueCache, LanguageModel } from './types.js';
import { loadWeights } from './weights.js';

beforeAll(() => loadEngine());

let model: LanguageModel;
beforeEach(async () => {
  model = createTinyGpt2();
  await loadWeights(model, formulaWeights(textCase('gpt2-language')));
});
afterEach(() => model.dispose());

const scope = () => new Scope(model.parameters, readAll(model.parameters), { training: false });
const decode = (inputs: DecodeInputs, cache?: KeyValueCache) => model.decode(scope(), inputs, cache);
const columns = (x: Tensor, start: number, end?: number) =>
  x.slice([0, start], [x.shape[0]!, (end ?? x.shape[1]!) - start]);
/** Logits [B, T, V] after token `place` of each row: [B, V]. */
const at = (logits: Tensor, place: number) => readFloats(logits.slice([0, place, 0], [-1, 1, -1]));

describe('decoding with a cache', () => {
  test('gives the logits of reading everything at once, token by token and in pieces', () => {
    tf.tidy(() => {
      const { ids } = tinyInputs(textCase('gpt2-unpadded')) as { ids: Tensor };
      const whole = evaluate(model, { ids });
      for (const pieces of [[1, 1, 1, 1, 1, 1, 1], [3, 1, 2, 1], [7]]) {
        let cache: KeyValueCache | undefined;
        let read = 0;
        for (const size of pieces) {
          const step = decode({ ids: columns(ids, read, read + size) }, cache);
          cache = step.cache;
          read += size;
          expect(error(readFloats(step.logits), [...at(whole, read - 1)])).toBeLessThan(1e-5);
        }
        expect(cache!.map(({ key }) => key.shape)).toEqual([
          [3, 4, 7, 4],
          [3, 4, 7, 4],
        ]);
      }
    });
  });

  test('with padding on the left and positions that leave it out, gives those of the tokens alone', () => {
    tf.tidy(() => {
      const { ids } = tinyInputs(textCase('gpt2-unpadded')) as { ids: Tensor };
      const prompt = columns(ids, 0, 4);
      const alone = decode({ ids: prompt });
      const next = columns(ids, 4, 5);
      const continued = decode({ ids: next }, alone.cache);
      const batch = ids.shape[0]!;
      const int = (values: number[]) => tf.tile(tf.tensor2d(values, [1, values.length], 'int32'), [batch, 1]);
      const padded = decode({
        ids: tf.concat([tf.fill([batch, 2], 9, 'int32'), prompt], 1),
        mask: int([0, 0, 1, 1, 1, 1]),
        positions: int([0, 0, 0, 1, 2, 3]),
      });
      expect(error(readFloats(padded.logits), [...readFloats(alone.logits)])).toBeLessThan(1e-5);
      const paddedNext = decode(
        { ids: next, mask: int([0, 0, 1, 1, 1, 1, 1]), positions: int([4]) },
        padded.cache,
      );
      expect(error(readFloats(paddedNext.logits), [...readFloats(continued.logits)])).toBeLessThan(1e-5);
    });
  });

  test('rows of a cache may be gathered, and a step may be recorded', () => {
    tf.tidy(() => {
      const { ids } = tinyInputs(textCase('gpt2-unpadded')) as { ids: Tensor };
      const step = compile('decode', (inputs: { parameters: Tensor[]; ids: Tensor; cache: KeyValueCache }) =>
        model.decode(
          new Scope(model.parameters, inputs.parameters, { training: false }),
          { ids: inputs.ids },
          inputs.cache,
        ),
      );
      const order = tf.tensor1d([2, 0, 0], 'int32');
      const { cache } = decode({ ids: columns(ids, 0, 4) });
      const gathered = cache.map(({ key, value }) => ({
        key: tf.gather(key, order),
        value: tf.gather(value, order),
      }));
      const next = columns(ids, 4, 5);
      const expected = evaluate(model, { ids: tf.concat([tf.gather(columns(ids, 0, 4), order), next], 1) });
      for (let run = 0; run < 4; run++) {
        const { logits } = step({ parameters: readAll(model.parameters), ids: next, cache: gathered });
        expect(error(readFloats(logits), [...at(expected, 4)])).toBeLessThan(1e-5);
      }
      step.dispose();
    });
  });

  test('ends at the longest sequence', () => {
    tf.tidy(() => {
      expect(model.maxLength).toBe(24);
      const { cache } = decode({ ids: tf.zeros([1, 24], 'int32') });
      expect(() => decode({ ids: tf.zeros([1, 1], 'int32') }, cache)).toThrow(/at most 24 tokens; found 25/);
    });
  });
});

test('a token does not see later ones', () => {
  tf.tidy(() => {
    const ids = tf.tensor2d([[5, 6, 7, 8]], [1, 4], 'int32');
    const other = tf.tensor2d([[5, 6, 9, 3]], [1, 4], 'int32');
    const [a, b] = [evaluate(model, { ids }), evaluate(model, { ids: other })];
    expect(at(a, 1)).toEqual(at(b, 1));
    expect(at(a, 2)).not.toEqual(at(b, 2));
  });
});
