import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bleu } from './bleu.js';
import { cider } from './cider.js';
import type { GeneratedCorpus } from './corpus.js';
import { hasJava, meteor } from './meteor.js';
import { mtevalTokens } from './mteval-tokenizer.js';
import { nist } from './nist.js';
import { ptbTokens } from './ptb-tokenizer.js';
import { rougeL } from './rouge-l.js';

/** Made by scripts/oracles/generated_text.py with the official scorer of the E2E challenge. */
const oracle = JSON.parse(
  readFileSync(new URL('./testdata/generated-text.json', import.meta.url), 'utf8'),
) as GeneratedCorpus & { scores: Record<string, number> };

test.each([
  ['bleu', bleu],
  ['nist', nist],
  ['rouge_l', rougeL],
  ['cider', cider],
] as const)("%s is the official scorer's", (name, metric) => {
  expect(metric(oracle)).toBeCloseTo(oracle.scores[name]!, 9);
});

describe('of the references themselves', () => {
  const corpus = { hypotheses: oracle.references.map(([first]) => first!), references: oracle.references };

  test('precision and recall are whole', () => {
    expect(bleu(corpus)).toBeCloseTo(1, 12);
    expect(rougeL(corpus)).toBeCloseTo(1, 12);
    expect(nist(corpus)).toBeGreaterThan(nist(oracle));
    const single = { ...corpus, references: corpus.hypotheses.map((text) => [text]) };
    expect(cider(single)).toBeCloseTo(10, 6);
  });

  test('nothing is found in empty texts', () => {
    const empty = { hypotheses: oracle.hypotheses.map(() => ''), references: oracle.references };
    for (const metric of [bleu, nist, rougeL, cider]) expect(metric(empty)).toBeCloseTo(0, 3);
  });
});

test('BLEU and NIST take punctuation apart', () => {
  expect(mtevalTokens('It\'s "fine", near Café-Bar; £20-25, 1,000.5 (a/b)&amp;c.').join(' ')).toBe(
    'it\'s " fine " , near café-bar ; £20 - 25 , 1,000.5 ( a / b ) & c .',
  );
  expect(mtevalTokens('')).toEqual(['']);
});

test('the others tokenise as the Penn Treebank', () => {
  const tokens = (text: string) => ptbTokens(text).join(' ');
  // by Stanford's PTBTokenizer 3.4.1 -lowerCase
  expect(
    tokens(
      'The café isn\'t near £20-25 (high) "quoted" colour centre U.S. 3-star $5 family-friendly, 5/5... it\'s',
    ),
  ).toBe(
    "the café is n't near # 20-25 -lrb- high -rrb- quoted colour centre u.s. 3-star $ 5 family-friendly 5/5 it 's",
  );
  expect(
    tokens("cannot gonna 1,000 don't. 'Tis 'The Mill' €20 50% http://x.y/z #tag @me A&B Dr. Smith's"),
  ).toBe("can not gon na 1,000 do n't 't is the mill $ 20 50 % http://x.y/z #tag @me a&b dr. smith 's");
  expect(tokens('city center., near — or in -- it')).toBe('city center. near or in it');
});

describe('METEOR', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meteor-'));
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
    vi.stubEnv('JAVA_HOME', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const java = (script: string) => {
    writeFileSync(join(folder, 'java'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'java'), 0o755);
  };
  const corpus = { hypotheses: ["It's a pub.", 'a b'], references: [['A pub!', 'Pub'], ['c']] };
  const program = { jar: '/x/meteor.jar', paraphrases: '/x/p.gz' };

  test('is asked for every text, and then for all', async () => {
    java(`echo "$@" > ${folder}/call
while read -r line; do
  echo "$line" >> ${folder}/lines
  case "$line" in SCORE*) echo "1 2 3";; EVAL*) printf '0.1\\n0.2\\n0.15\\n';; esac
done`);
    expect(await meteor(corpus, program)).toBe(0.15);
    expect(readFileSync(join(folder, 'lines'), 'utf8').split('\n')).toEqual([
      "SCORE ||| a pub ||| pub ||| it 's a pub",
      'SCORE ||| c ||| a b',
      'EVAL ||| 1 2 3 ||| 1 2 3',
      '',
    ]);
    expect(readFileSync(join(folder, 'call'), 'utf8')).toBe(
      '-Xmx2G -jar /x/meteor.jar - - -stdio -l en -norm -a /x/p.gz\n',
    );
  });

  test('says what went wrong', async () => {
    java('echo "Error: Unable to access jarfile" >&2; exit 1');
    await expect(meteor(corpus, program)).rejects.toThrow(
      /METEOR: ended with 1: Error: Unable to access jarfile/,
    );
    expect(await hasJava()).toBe(false);
    vi.stubEnv('PATH', join(folder, 'nothing'));
    expect(await hasJava()).toBe(false);
    await expect(meteor(corpus, program)).rejects.toThrow(/METEOR: spawn java ENOENT/);
  });
});
