// `npm run test:parity`: our models against timm's (transformers', torchvision's), at full size, with the same random
// weights: logits in both modes, loss, gradients of all parameters, running statistics after three steps.
//
//   npm run test:parity -- [MODEL ...] [--all] [--batch N] [--seed N] [--precision float64,float32]
//
// In double precision ours must agree to 1e-4. In float32 an error against the peer's double precision may reach 1e-4
// or three times the peer's own: in deep ReLU networks rounding decides which activations near zero pass.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peerPython } from '../peer-python.mjs';
import { entries } from './models.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LIMIT = 1e-4;
const OWN_FACTOR = 3;
const KINDS = ['eval.logits', 'train.logits', 'loss', 'gradient', 'statistic'];
const STEPS = 3;
const LEARNING_RATE = 1e-3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    batch: { type: 'string', default: '2' },
    seed: { type: 'string', default: '0' },
    precision: { type: 'string', default: 'float64,float32' },
  },
});
const unknown = positionals.filter((name) => !entries.some((entry) => entry.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no model ${unknown.join(', ')}; there are: ${entries.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const chosen = entries.filter(({ name, slow }) =>
  positionals.length > 0 ? positionals.includes(name) : values.all || !slow,
);
const python = peerPython();
process.stdout.write(
  `batch ${values.batch}, seed ${values.seed}; errors |ours − peer| / |peer| against the peer in double precision\n`,
);
print(['model', 'precision', ...KINDS, 'worst gradient', '']);
let failed = false;
for (const entry of chosen) compareModel(entry);
process.exitCode = failed ? 1 : 0;

function compareModel({ name, peer, settings }) {
  const out = mkdtempSync(join(tmpdir(), 'gen-bench-parity-'));
  const task = { name, peer, settings, out, steps: STEPS, lr: LEARNING_RATE };
  try {
    const numbers = {
      batch: Number(values.batch),
      seed: Number(values.seed),
      threads: availableParallelism(),
    };
    run(python, [join(HERE, 'peer.py'), JSON.stringify({ ...task, ...numbers })]);
    for (const precision of values.precision.split(',')) {
      const output = run(process.execPath, [join(HERE, 'ours.mjs'), JSON.stringify({ ...task, precision })]);
      report(name, precision, JSON.parse(output));
    }
  } catch (error) {
    failed = true;
    process.stdout.write(`${name}: ${error.message}\n`);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function report(name, precision, { ours, peers, notes }) {
  let fits = true;
  const cells = KINDS.map((kind) => {
    if (!ours[kind]) return '';
    const allowed = Math.max(LIMIT, OWN_FACTOR * (peers?.[kind]?.error ?? 0));
    const good = ours[kind].error <= allowed;
    fits &&= good;
    const own = peers ? ` (${peers[kind].error.toExponential(0)})` : '';
    return `${ours[kind].error.toExponential(1)}${own}${good ? '' : '!'}`;
  });
  failed ||= !fits;
  print([
    name,
    precision,
    ...cells,
    ours.gradient.name.replace('gradient.', ''),
    fits ? 'agrees' : 'DIFFERS',
  ]);
  for (const note of notes.filter((line) => line.includes('eagerly'))) process.stdout.write(`    ${note}\n`);
}

function print(cells) {
  const widths = [22, 9, 15, 15, 15, 15, 15, 30];
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${args[0]} failed: ${stderr.trim().split('\n').slice(-3).join(' | ')}`);
  return stdout.trim().split('\n').at(-1);
}
