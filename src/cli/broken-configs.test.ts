/** Broken configs through the whole command line: exit code 2, the line, the key, and never a stack trace. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runMain } from './run-main.testing.js';

const digits = `name: digits
task: classification
model: { name: resnet8 }
dataset: { name: mnist-digits }
optimizer: { name: sgd, lr: 0.1, momentum: 0.9 }
scheduler: { name: gen, phi: 1 }
train: { epochs: 3, batch_size: 200, micro_batch_size: 50 }
eval: { every: epoch }
checkpoint: { every: epoch }
logging: { tensorboard: false }
`;
const beale = `name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: adam, lr: 0.05 }
scheduler: { name: gen, preset: paper, phi: 1 }
train: { steps: 1000, seed: 0 }
`;

type Case = readonly [base: string, from: string, to: string, line: number, key: string, message: string];

const cases: readonly Case[] = [
  // top level
  [digits, 'name: digits', 'name: 7', 1, 'name', 'expected text, found 7'],
  [digits, 'name: digits', 'name: a/b', 1, 'name', 'names a directory'],
  [digits, 'name: digits', 'name: ..', 1, 'name', 'names a directory'],
  [digits, 'name: digits', 'name: ""', 1, 'name', 'names a directory'],
  [digits, 'name: digits', 'name:', 1, 'name', 'found nothing (null)'],
  [digits, 'name: digits\n', '', 1, 'name', 'missing'],
  [digits, 'name: digits', 'nmae: digits', 1, 'nmae', 'did you mean «name»'],
  [digits, 'task: classification', 'task: clasification', 2, 'task', 'did you mean «classification»'],
  [digits, 'task: classification', 'task: 3', 2, 'task', 'expected one of'],
  [digits, 'task: classification', 'task: constructor', 2, 'task', 'expected one of'],
  [digits, 'task: classification\n', '', 1, 'task', 'missing; expected one of classification, '],
  [digits, 'logging:', 'loging:', 10, 'loging', 'did you mean «logging»'],
  [digits, 'logging: {', 'extra: {', 10, 'extra', 'unknown key'],
  [digits, 'eval: { every: epoch }', 'name: again', 8, 'name', 'twice (first on line 1)'],
  [digits, 'eval: {', '__proto__: {', 8, '__proto__', 'unknown key'],
  // sections
  [digits, 'model: { name: resnet8 }\n', '', 1, 'model', 'missing section'],
  [digits, 'optimizer: { name: sgd, lr: 0.1, momentum: 0.9 }\n', '', 1, 'optimizer', 'missing section'],
  [digits, 'scheduler: { name: gen, phi: 1 }\n', '', 1, 'scheduler', 'missing section'],
  [digits, 'dataset: { name: mnist-digits }\n', '', 1, 'dataset', 'missing section'],
  [digits, 'model: { name: resnet8 }', 'model: resnet8', 3, 'model', 'expected a mapping'],
  [digits, 'model: { name: resnet8 }', 'model: [resnet8]', 3, 'model', 'expected a mapping'],
  [digits, 'model: { name: resnet8 }', 'model:', 3, 'model', 'expected a mapping'],
  [digits, 'eval: { every: epoch }', 'eval: epoch', 8, 'eval', 'expected a mapping'],
  [digits, 'eval: { every: epoch }', 'eval:', 8, 'eval', 'expected a mapping'],
  // names
  [digits, 'name: resnet8', 'name: resnet9', 3, 'model.name', 'did you mean «resnet8»'],
  [digits, 'name: resnet8', 'name: beale', 3, 'model.name', 'unknown model «beale»'],
  [digits, 'name: resnet8', 'nam: resnet8', 3, 'model.name', 'missing'],
  [digits, 'name: resnet8', 'name: [resnet8]', 3, 'model.name', 'expected the name of a model'],
  [digits, 'name: resnet8', 'name: toString', 3, 'model.name', 'unknown model'],
  [digits, 'name: mnist-digits', 'name: mnist_digit', 4, 'dataset.name', 'did you mean «mnist-digits»'],
  [digits, 'name: mnist-digits', 'name: imagenet', 4, 'dataset.name', 'known: mnist-digits'],
  [digits, 'name: sgd', 'name: SGD', 5, 'optimizer.name', 'did you mean «sgd»'],
  [digits, 'name: sgd', 'name: sophia', 5, 'optimizer.name', 'unknown optimizer «sophia»'],
  [digits, 'name: gen', 'name: cosin', 6, 'scheduler.name', 'did you mean «cosine»'],
  [digits, 'name: gen', 'name: warmup_cosine', 6, 'scheduler.name', 'did you mean «warmup-cosine»'],
  [digits, 'name: gen', 'name: null', 6, 'scheduler.name', 'found nothing (null)'],
  // model and dataset options
  [
    digits,
    'name: resnet8 }',
    'name: resnet8, pretrained: true }',
    3,
    'model.pretrained',
    'no published weights',
  ],
  [
    digits,
    'name: resnet8 }',
    'name: resnet18, pretrained: yes }',
    3,
    'model.pretrained',
    'only true and false',
  ],
  [digits, 'name: resnet8 }', 'name: resnet8, depth: 3 }', 3, 'model.depth', 'unknown key'],
  [
    digits,
    'mnist-digits }',
    'mnist-digits, limit: 0 }',
    4,
    'dataset.limit',
    'expected a number ≥ 1, found 0',
  ],
  [digits, 'mnist-digits }', 'mnist-digits, limit: 1.5 }', 4, 'dataset.limit', 'expected a whole number'],
  [digits, 'mnist-digits }', 'mnist-digits, image_size: big }', 4, 'dataset.image_size', 'found text "big"'],
  [
    digits,
    'mnist-digits }',
    'mnist-digits, imagesize: 28 }',
    4,
    'dataset.imagesize',
    'did you mean «image_size»',
  ],
  [beale, '[-2.0, -1.5]', '[-2.0]', 3, 'model.start', 'expected a list of'],
  [beale, '[-2.0, -1.5]', '[-2.0, 1, 2]', 3, 'model.start', 'expected a list of'],
  [beale, '[-2.0, -1.5]', '[-2.0, .nan]', 3, 'model.start.1', 'expected a finite number'],
  [beale, '[-2.0, -1.5]', '-2', 3, 'model.start', 'expected a list, found -2'],
  [beale, 'model:', 'dataset: { name: cifar10 }\nmodel:', 3, 'dataset', 'unknown key'],
  // optimizer
  [digits, 'lr: 0.1', 'lr: -0.1', 5, 'optimizer.lr', 'expected a number ≥ 0, found -0.1'],
  [digits, 'lr: 0.1', 'lr: "0.1"', 5, 'optimizer.lr', 'without quotes'],
  [digits, 'lr: 0.1', 'lr: 0,1', 5, 'optimizer.1', 'unknown key'],
  [digits, 'lr: 0.1', 'lr: 1_000', 5, 'optimizer.lr', 'digits without separators'],
  [digits, 'lr: 0.1', 'lr: .inf', 5, 'optimizer.lr', 'expected a finite number, found Infinity'],
  [digits, 'lr: 0.1', 'lr: .nan', 5, 'optimizer.lr', 'expected a finite number, found NaN'],
  [digits, 'lr: 0.1', 'lr: true', 5, 'optimizer.lr', 'found true'],
  [digits, 'lr: 0.1', 'lr: [0.1]', 5, 'optimizer.lr', 'found the list [0.1]'],
  [digits, 'lr: 0.1', 'lr: { value: 0.1 }', 5, 'optimizer.lr', 'found a mapping'],
  [digits, 'lr: 0.1', 'lr: null', 5, 'optimizer.lr', 'found nothing (null)'],
  [digits, 'lr: 0.1', 'lr: 2024-01-01', 5, 'optimizer.lr', 'found text "2024-01-01"'],
  [digits, 'lr: 0.1', 'learning_rate: 0.1', 5, 'optimizer.learning_rate', 'unknown key'],
  [digits, 'momentum: 0.9', 'momentum: 1', 5, 'optimizer.momentum', 'expected a number < 1'],
  [digits, 'momentum: 0.9', 'momentun: 0.9', 5, 'optimizer.momentun', 'did you mean «momentum»'],
  [digits, 'momentum: 0.9', 'phi: 4', 5, 'optimizer.phi', 'did you mean «scheduler.phi»'],
  [digits, 'momentum: 0.9', 'nesterov: true', 5, 'optimizer.nesterov', 'needs momentum > 0'],
  [beale, 'lr: 0.05', 'lr: 0.05, betas: [0.9]', 4, 'optimizer.betas', 'expected a list of'],
  [beale, 'lr: 0.05', 'lr: 0.05, betas: [0.9, 1]', 4, 'optimizer.betas.1', 'expected a number < 1'],
  [beale, 'lr: 0.05', 'lr: 0.05, eps: 0', 4, 'optimizer.eps', 'expected a number > 0'],
  [beale, 'lr: 0.05', 'lr: 0.05, momentum: 0.9', 4, 'optimizer.momentum', 'unknown key'],
  // gen
  [digits, 'phi: 1', 'phi: 0', 6, 'scheduler.phi', 'expected a number ≥ 1, found 0'],
  [digits, 'phi: 1', 'phi: 1.5', 6, 'scheduler.phi', 'expected a whole number'],
  [digits, 'phi: 1', 'phy: 1', 6, 'scheduler.phy', 'did you mean «phi»'],
  [digits, 'phi: 1', 'gamma: 1', 6, 'scheduler.gamma', 'expected a number < 1'],
  [digits, 'phi: 1', 'preset: author', 6, 'scheduler.preset', 'did you mean «authors»'],
  [digits, 'phi: 1', 'probe_batch: other', 6, 'scheduler.probe_batch', 'expected one of next, same, split'],
  [digits, 'phi: 1', 'lr0: atuo', 6, 'scheduler.lr0', 'did you mean «auto»'],
  [digits, 'phi: 1', 'lr0: 0', 6, 'scheduler.lr0', 'number > 0'],
  [digits, 'phi: 1', 'clip: 1', 6, 'scheduler.clip', 'expected a number > 1'],
  [digits, 'phi: 1', 'min_r2: 2', 6, 'scheduler.min_r2', 'expected a number ≤ 1'],
  [digits, 'phi: 1', 'points: [-1, 1, 2]', 6, 'scheduler.points', 'must contain 0'],
  [digits, 'phi: 1', 'points: [0, 1]', 6, 'scheduler.points', 'needs at least 3 points'],
  [digits, 'phi: 1', 'points: [0, 0, 1]', 6, 'scheduler.points', 'must differ'],
  [digits, 'phi: 1', 'points: [0, 1, .inf]', 6, 'scheduler.points.2', 'expected a finite number'],
  [digits, 'phi: 1', 'points: 3', 6, 'scheduler.points', 'expected a list'],
  [digits, 'phi: 1', 'fit: one-sided', 6, 'scheduler.fit', 'needs probe_batch: same'],
  [digits, 'phi: 1', 'fit: cubic', 6, 'scheduler.fit', 'expected one of parabola, one-sided'],
  [digits, 'phi: 1', 'decay: step', 6, 'scheduler.decay', 'expected one of'],
  [digits, 'phi: 1', 'moments: twice', 6, 'scheduler.moments', 'unknown key'],
  [digits, 'lr: 0.1', 'lr: 0', 5, 'optimizer.lr', 'gen starts from it'],
  [beale, 'phi: 1', 'min_z: 2', 5, 'scheduler.min_z', 'at least two examples'],
  [beale, 'phi: 1', 'probe_batch: split', 5, 'scheduler.probe_batch', 'at least two examples'],
  // schedules
  [digits, 'name: gen, phi: 1', 'name: cosine, phi: 1', 6, 'scheduler.phi', 'unknown key'],
  [
    digits,
    'name: gen, phi: 1',
    'name: cosine, min_lr: 0.2',
    6,
    'scheduler.min_lr',
    'must not exceed optimizer.lr',
  ],
  [digits, 'name: gen, phi: 1', 'name: cosine, min_lr: -1', 6, 'scheduler.min_lr', 'expected a number ≥ 0'],
  [digits, 'name: gen, phi: 1', 'name: step, factor: 0', 6, 'scheduler.factor', 'expected a number > 0'],
  [digits, 'name: gen, phi: 1', 'name: step, milestones: []', 6, 'scheduler.milestones', 'at least 1'],
  [digits, 'name: gen, phi: 1', 'name: step, milestones: [1.5]', 6, 'scheduler.milestones.0', 'fraction'],
  [
    digits,
    'name: gen, phi: 1',
    'name: step, milestones: [0.7, 0.2]',
    6,
    'scheduler.milestones',
    'must increase',
  ],
  [digits, 'name: gen, phi: 1', 'name: polynomial, power: 0', 6, 'scheduler.power', 'expected a number > 0'],
  [
    digits,
    'name: gen, phi: 1',
    'name: warmup-linear, warmup_steps: 2, warmup_ratio: 0.1',
    6,
    'scheduler.warmup_ratio',
    'keep one',
  ],
  [digits, 'name: gen, phi: 1', 'name: warmup-linear, warmup_ratio: 1', 6, 'scheduler.warmup_ratio', '< 1'],
  [
    beale,
    'name: gen, preset: paper, phi: 1',
    'name: warmup-linear, warmup_steps: 1000',
    5,
    'scheduler.warmup_steps',
    'must be below train.steps',
  ],
  [
    digits,
    'name: sgd, lr: 0.1, momentum: 0.9 }\nscheduler: { name: gen, phi: 1',
    'name: rmsprop, lr: 0.1 }\nscheduler: { name: dog',
    6,
    'scheduler.name',
    'works over optimizer',
  ],
  // train
  [digits, 'epochs: 3', 'epochs: 0', 7, 'train.epochs', 'expected a number ≥ 1'],
  [digits, 'epochs: 3', 'epochs: 2.5', 7, 'train.epochs', 'expected a whole number'],
  [digits, 'epochs: 3', 'epoch: 3', 7, 'train.epoch', 'did you mean «epochs»'],
  [digits, 'epochs: 3', 'epochs: 3, steps: 4', 7, 'train.steps', 'keep one of'],
  [digits, 'epochs: 3, ', '', 7, 'train.epochs', 'give epochs or steps'],
  [digits, ', batch_size: 200, micro_batch_size: 50', '', 7, 'train.batch_size', 'missing; expected a'],
  [digits, 'batch_size: 200', 'batch_size: -1', 7, 'train.batch_size', 'expected a number ≥ 1'],
  [digits, 'batch_size: 200', 'batch_size: 1e99', 7, 'train.batch_size', 'expected a'],
  [
    digits,
    'micro_batch_size: 50',
    'micro_batch_size: 60',
    7,
    'train.micro_batch_size',
    'must divide batch_size 200',
  ],
  [digits, 'micro_batch_size: 50', 'micro_batch_size: 400', 7, 'train.micro_batch_size', 'must divide'],
  [digits, 'micro_batch_size: 50', 'seed: -1', 7, 'train.seed', 'expected a number ≥ 0'],
  [digits, 'micro_batch_size: 50', 'seed: 4294967296', 7, 'train.seed', 'expected a number ≤ 4294967295'],
  [digits, 'micro_batch_size: 50', 'seed: 0.5', 7, 'train.seed', 'expected a whole number'],
  [digits, 'micro_batch_size: 50', 'precision: fp16', 7, 'train.precision', 'expected one of float32, bf16'],
  [
    digits,
    'micro_batch_size: 50',
    'precision: float64',
    7,
    'train.precision',
    'expected one of float32, bf16',
  ],
  [digits, 'micro_batch_size: 50', 'grad_clip: 0', 7, 'train.grad_clip', 'expected a number > 0'],
  [digits, 'micro_batch_size: 50', 'workers: 4', 7, 'train.workers', 'unknown key'],
  [beale, 'steps: 1000', 'epochs: 3', 6, 'train.epochs', 'no data and no epochs'],
  [beale, 'steps: 1000, ', '', 6, 'train.steps', 'give steps'],
  [beale, 'seed: 0', 'batch_size: 2', 6, 'train.batch_size', 'expected 1, found 2'],
  [beale, 'seed: 0', 'precision: bf16', 6, 'train.precision', 'expected one of float64, float32'],
  // eval, checkpoint, logging
  [
    digits,
    'eval: { every: epoch }',
    'eval: { every: epochs }',
    8,
    'eval.every',
    'must be epoch, end or a number of steps',
  ],
  [digits, 'eval: { every: epoch }', 'eval: { every: 0 }', 8, 'eval.every', '«100 steps»; found 0'],
  [digits, 'eval: { every: epoch }', 'eval: { every: 0 steps }', 8, 'eval.every', 'found text "0 steps"'],
  [digits, 'eval: { every: epoch }', 'eval: { evry: epoch }', 8, 'eval.evry', 'did you mean «every»'],
  [
    digits,
    'checkpoint: { every: epoch }',
    'checkpoint: { every: end }',
    9,
    'checkpoint.every',
    'must be epoch or a number',
  ],
  [digits, 'tensorboard: false', 'tensorboard: 1', 10, 'logging.tensorboard', 'true or false'],
  [digits, 'tensorboard: false', 'wandb: true', 10, 'logging.wandb', 'unknown key'],
];

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-'));

it('covers a hundred', () => {
  expect(cases.length).toBeGreaterThanOrEqual(100);
});

const titled = cases.map(
  (row) => [row[2].split('\n')[0] || `without ${row[1].split('\n')[0]}`, ...row] as const,
);

it.each(titled)('%s', async (_title, base, from, to, line, key, message) => {
  expect(base).toContain(from);
  const path = join(dir, 'broken.yaml');
  writeFileSync(path, base.replace(from, to));
  const { exitCode, stdout, stderr } = await runMain('validate', path);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at |Error|undefined|\[object/);
  const lines = stderr.trimEnd().split('\n');
  const found = lines.find((text) => text.includes(`: ${key}: `));
  expect(found, stderr).toBeDefined();
  expect(found).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}:${line}:\\d+: `));
  expect(found).toContain(message);
});

it('every problem of every file is reported at once, in the order of the lines', async () => {
  const first = join(dir, 'first.yaml');
  const second = join(dir, 'second.yaml');
  const third = join(dir, 'third.yaml');
  writeFileSync(
    first,
    digits.replace('phi: 1', 'phi: 0').replace('lr: 0.1', 'lr: x').replace('epochs: 3, ', ''),
  );
  writeFileSync(second, beale.replace('name: beale\n', 'nmae: beale\n').replace('seed: 0', 'seed: -1'));
  writeFileSync(third, beale);
  const { exitCode, stdout, stderr } = await runMain('validate', first, second, third);
  expect(exitCode).toBe(2);
  expect(stdout).toBe(`${third}: ok\n`);
  expect(stderr.match(/:(\d+):\d+: [\w.]+/g)).toEqual([
    ':5:29: optimizer.lr',
    ':6:30: scheduler.phi',
    ':7:1: train.epochs',
    ':1:1: name',
    ':1:1: nmae',
    ':6:29: train.seed',
  ]);
});
