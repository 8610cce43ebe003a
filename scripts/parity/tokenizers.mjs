/**
 * Compares token ids with those of Hugging Face on any number of lines, after `npm run build`:
 *
 *     python scripts/oracles/token_ids.py FILES --lines 10000 --out OUT
 *     node scripts/parity/tokenizers.mjs OUT
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenizers } from '../../dist/text/registry.js';

const out = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(out, name), 'utf8'));
const lines = read('lines.json');
const expected = read('ids.json');
let different = 0;
for (const [name, { ids }] of Object.entries(expected)) {
  const tokenizer = await tokenizers[name].load({ dataDir: join(out, 'files'), cacheDir: out });
  const wrong = lines.filter((line, i) => tokenizer.encode(line).join() !== ids[i].join());
  different += wrong.length;
  console.log(`${name}: ${lines.length - wrong.length} of ${lines.length} lines have the same ids`);
  for (const line of wrong.slice(0, 5)) console.log(`  ${JSON.stringify(line)}`);
}
process.exitCode = different === 0 ? 0 : 1;
