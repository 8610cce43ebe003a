// `npm run test:parity`: our models against timm's (transformers', torchvision's), at full size, with the same random
// weights: logits in both modes, loss, gradients of all parameters, running statistics after three steps.
//
//   npm run test:parity -- [MODEL ...] [--all] [--batch N] [--seed N] [--precision float64,float32]
//
// In double precision ours must agree to 1e-4. In float32 an error against the peer's double precision may reach 1e-4
// or three times the peer's own: in deep ReLU networks rounding decides which activations near zero pass.
// Mask R-CNN against torchvision's: losses and gradients to 1e-3 with the samplers' choices fixed, the same detections.
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
/** Of a detector's losses and gradients, relative, and of scores. */
const DETECTOR_LIMIT = 1e-3;
/** Of boxes, in pixels. */
const BOX_LIMIT = 0.05;
/** Share of mask pixels that fall on the other side of one half. */
const PIXEL_LIMIT = 1e-4;

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
const numbers = { batch: Number(values.batch), seed: Number(values.seed), threads: availableParallelism() };
process.stdout.write(
  `batch ${values.batch}, seed ${values.seed}; errors |ours − peer| / |peer| against the peer in double precision\n`,
);
print(['model', 'precision', ...KINDS, 'worst gradient', '']);
let failed = false;
for (const entry of chosen) (entry.detector ? compareDetector : compareModel)(entry);
process.exitCode = failed ? 1 : 0;

function compareModel({ name, peer, settings }) {
  withFolder(name, (out) => {
    const task = { name, peer, settings, out, steps: STEPS, lr: LEARNING_RATE };
    run(python, [join(HERE, 'peer.py'), JSON.stringify({ ...task, ...numbers })]);
    for (const precision of values.precision.split(',')) {
      const output = run(process.execPath, [join(HERE, 'ours.mjs'), JSON.stringify({ ...task, precision })]);
      report(name, precision, JSON.parse(output));
    }
  });
}

/** A detector's choices turn on the last bit, so both sides compute in float32. */
function compareDetector({ name, settings }) {
  withFolder(name, (out) => {
    const task = JSON.stringify({ name, settings, out, ...numbers });
    run(python, [join(HERE, 'detector.py'), task]);
    const { ours, losses, strangers, detections } = JSON.parse(
      run(process.execPath, [join(HERE, 'detector.mjs'), task]),
    );
    const good = [ours.loss.error, ours.gradient.error].every((error) => error <= DETECTOR_LIMIT);
    const equal = detections.every(
      ({ same, boxes, scores, pixels }) =>
        same && boxes <= BOX_LIMIT && scores <= DETECTOR_LIMIT && pixels <= PIXEL_LIMIT,
    );
    failed ||= !good || !equal;
    print([
      ...[
        name,
        'float32',
        '',
        '',
        ours.loss.error.toExponential(1),
        ours.gradient.error.toExponential(1),
        '',
      ],
      ...[ours.gradient.name.replace('gradient.', ''), good && equal ? 'agrees' : 'DIFFERS'],
    ]);
    for (const [loss, own, theirs] of losses) process.stdout.write(`    ${loss}: ${own} (peer ${theirs})\n`);
    strangers.forEach(([count, all], i) => {
      process.stdout.write(`    image ${i}: ${count} of ${all} training proposals are not the peer's\n`);
    });
    detections.forEach(({ count, same, boxes, scores, pixels }, i) => {
      process.stdout.write(
        `    image ${i}: ${count} detections, ${same ? 'the same classes in order' : 'OTHER CLASSES'}; largest ` +
          `difference of boxes ${boxes.toExponential(1)} px, of scores ${scores.toExponential(1)}; ` +
          `share of other mask pixels ${pixels.toExponential(1)}\n`,
      );
    });
  });
}

function withFolder(name, action) {
  const out = mkdtempSync(join(tmpdir(), 'gen-bench-parity-'));
  try {
    action(out);
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
