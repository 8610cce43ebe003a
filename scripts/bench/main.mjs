// `npm run bench`: our time beside PyTorch's for the same work on the same machine. Both sides are started and warmed
// up, then take turns, so that a change of the machine's speed meets both; the ratio is taken pair by pair.
//
//   npm run bench -- [--only NAME[,NAME]] [--pairs N] [--json FILE]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peerPython } from '../peer-python.mjs';
import { machine } from './machine.mjs';
import { median } from './median.mjs';
import { Side } from './side.mjs';
import { ratioRow, takeTurns } from './turns.mjs';
import { works } from './works.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const { values } = parseArgs({
  options: { only: { type: 'string' }, pairs: { type: 'string', default: '9' }, json: { type: 'string' } },
});
const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !works.some(({ work }) => work === name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(
    `no work ${unknown.join(', ')}; there are: ${works.map(({ work }) => work).join(', ')}\n`,
  );
  process.exit(2);
}
const pairs = Math.max(7, Number(values.pairs));
const python = peerPython();
const rows = [];
process.stderr.write(`${machine()}; ${pairs} pairs\n`);
for (const work of works) {
  if (wanted && !wanted.includes(work.work)) continue;
  try {
    const row = await measure(work);
    rows.push(row);
    const met = row.ratio <= row.goal ? 'met' : 'missed';
    process.stdout.write(
      `${row.work.padEnd(22)} ours ${format(work, row.ours_ms)}  PyTorch ${format(work, row.peer_ms)}  ratio ${row.ratio.toFixed(3)} [${row.ratio_low.toFixed(3)}, ${row.ratio_high.toFixed(3)}]  goal ${row.goal} ${met}\n`,
    );
  } catch (error) {
    process.stdout.write(`${work.work.padEnd(22)} failed: ${error.message}\n`);
    process.exitCode = 1;
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

function format(work, value) {
  return work.kind === 'memory' ? `${(value / 2 ** 20).toFixed(0)} MB` : `${value.toFixed(1)} ms`;
}

/** One row: medians of both sides and of the ratio, against the faster of PyTorch's memory formats. */
async function measure(work) {
  const formats = work.size ? ['contiguous', 'channels_last'] : ['contiguous'];
  const results = [];
  for (const format of formats) {
    const ours = await Side.start('ours', process.execPath, [join(HERE, 'ours.mjs'), JSON.stringify(work)]);
    const peer = await Side.start('PyTorch', python, [
      join(HERE, 'peer.py'),
      JSON.stringify({ ...work, format }),
    ]);
    const { a, b } = await takeTurns(ours, peer, pairs);
    ours.stop();
    peer.stop();
    results.push({ a, b, peer: median(b) });
  }
  const { a, b } = results.reduce((best, result) => (result.peer < best.peer ? result : best));
  return ratioRow(work.work, a, b, work.goal);
}
