/**
 * Compares the scores of generated texts with those of the official E2E scorer, after `npm run build`:
 *
 *     python scripts/oracles/generated_text.py E2E_METRICS --csv devset.csv --count 600 --out OUT
 *     node scripts/parity/generated-text.mjs OUT [DATA_DIR]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../dist/data/cache.js';
import { locateSource } from '../../dist/data/sources.js';
import { bleu } from '../../dist/metrics/bleu.js';
import { cider } from '../../dist/metrics/cider.js';
import { hasJava, meteor } from '../../dist/metrics/meteor.js';
import { nist } from '../../dist/metrics/nist.js';
import { rougeL } from '../../dist/metrics/rouge-l.js';

const TOLERANCE = 1e-4;

const [out, dataDir] = process.argv.slice(2);
const java = await hasJava();
const [jar, paraphrases] = java
  ? await locateSource('meteor-1.5', { dataDir, cacheDir: cacheDirectory() })
  : [];
for (const name of ['example.json', 'corpus.json']) {
  const corpus = JSON.parse(readFileSync(join(out, name), 'utf8'));
  const ours = {
    bleu: bleu(corpus),
    nist: nist(corpus),
    rouge_l: rougeL(corpus),
    cider: cider(corpus),
    ...(java && { meteor: await meteor(corpus, { jar: jar.path, paraphrases: paraphrases.path }) }),
  };
  console.log(`${name}: ${corpus.hypotheses.length} texts`);
  for (const [metric, value] of Object.entries(ours)) {
    const difference = Math.abs(value - corpus.scores[metric]);
    console.log(`  ${metric} ${value}, official ${corpus.scores[metric]}`);
    if (!(difference <= TOLERANCE)) process.exitCode = 1;
  }
}
