// `npm run bench:input`: JPEGs decoded and resized to 224 × 224 by us and by torchvision's DataLoader (two workers), in
// turn on the same files, pair by pair.
//
//   npm run bench:input -- [--pairs N] [--json FILE]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peerPython } from '../peer-python.mjs';
import { Side } from './side.mjs';
import { ratioRow, takeTurns } from './turns.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const IMAGES = 800;
const GOAL = 1;

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '9' }, json: { type: 'string' } },
});
const python = peerPython();
const folder = mkdtempSync(join(tmpdir(), 'bench-input-'));
try {
  makeImages();
  const row = await measure(Math.max(7, Number(values.pairs)));
  const speed = (ms) => `${((IMAGES * 1000) / ms).toFixed(0)} images/s`;
  const range = `[${row.ratio_low.toFixed(3)}, ${row.ratio_high.toFixed(3)}]`;
  process.stdout.write(
    `input ours ${speed(row.ours_ms)}  torchvision ${speed(row.peer_ms)}  ratio of times ${row.ratio.toFixed(3)} ${range}` +
      `  goal ${GOAL} ${row.ratio <= GOAL ? 'met' : 'missed'}\n`,
  );
  if (values.json) writeFileSync(values.json, `${JSON.stringify([row], null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

function makeImages() {
  const run = (...args) => spawnSync(python, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  const script = [join(HERE, 'input-images.py'), folder, String(IMAGES)];
  const hasPhotos = spawnSync(python, ['-c', 'import sklearn']).status === 0;
  if ((hasPhotos || run('-m', 'pip', 'install', '-q', 'scikit-learn')) && run(...script)) return;
  process.stderr.write('the images could not be made\n');
  process.exit(3);
}

async function measure(pairs) {
  const ours = await Side.start('ours', process.execPath, [join(HERE, 'input-ours.mjs'), folder, folder]);
  const peer = await Side.start('torchvision', python, [join(HERE, 'input-peer.py'), folder]);
  const { a, b } = await takeTurns(ours, peer, pairs);
  ours.stop();
  peer.stop();
  return ratioRow('input', a, b, GOAL);
}
