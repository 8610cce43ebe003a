import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const configs = fileURLToPath(new URL('../../configs', import.meta.url));
const miniConfigs = [
  'bert4rec-ml-100k',
  'dcgan-digits',
  'gpt2-e2e-grammar',
  'minilm-tweets',
  'maskrcnn-stamps',
];
const few = [
  ...['dataset.limit=32', 'train.batch_size=4', 'checkpoint.every=2', 'eval.every=4'],
  ...['--max-steps', '8'],
];

const beale = `name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: adam, lr: 0.05 }
scheduler: { name: gen, preset: paper, phi: 2 }
train: { steps: 400 }
eval: { every: 50 }
checkpoint: { every: 7 }
`;

const images = `name: images
task: classification
model: { name: resnet8 }
dataset: { name: cifar10 }
optimizer: { name: sgd, lr: 0.02, momentum: 0.9, weight_decay: 5.0e-4 }
scheduler: { name: gen, phi: 2 }
train: { epochs: 6, batch_size: 8, micro_batch_size: 4, seed: 3 }
eval: { every: epoch }
checkpoint: { every: 2 }
`;

/**
 * What is tortured: config files and the arguments of gen-bench that run them.
 *
 * @param {string} folder for configs and data
 * @param {boolean} withMini also the mini configs of every other task, a few steps on a few examples; their data must
 *   have been fetched
 * @returns {{name: string, command: string[], isSweep: boolean}[]}
 */
export function makeCases(folder, withMini) {
  const data = join(folder, 'data');
  writeTinyCifar(data, 8);
  const file = (name, text) => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  const bealePath = file('beale', beale);
  const imagesPath = file('images', images);
  const sweepPath = file(
    'sweep',
    `base: images.yaml
runs:
  - { label: gen }
  - { label: prodigy, scheduler.name: prodigy, optimizer.name: adamw }
  - { label: cosine, scheduler.name: cosine, train.epochs: 4 }
grid: { train.seed: [0, 1] }
`,
  );
  const run = (name, path, ...overrides) => ({
    name,
    isSweep: false,
    command: ['run', path, ...overrides, '--data-dir', data],
  });
  const mini = (name) => ({
    name: `mini-${name}`,
    isSweep: false,
    command: ['run', join(configs, 'mini', `${name}.yaml`), ...few],
  });
  return [
    ...(withMini ? miniConfigs.map(mini) : []),
    run('synthetic-gen', bealePath),
    run('synthetic-adagrad', bealePath, 'optimizer.name=adagrad', 'scheduler.name=cosine'),
    run('images-gen', imagesPath),
    run(
      'images-adamw-exact',
      imagesPath,
      'optimizer.name=adamw',
      'optimizer.lr=0.001',
      'scheduler.preset=authors-exact',
      'scheduler.lr0=auto',
    ),
    run('images-split', imagesPath, 'scheduler.probe_batch=split', 'train.micro_batch_size=null'),
    run('images-prodigy', imagesPath, 'scheduler.name=prodigy', 'optimizer.name=adamw'),
    run('images-d-adapt', imagesPath, 'scheduler.name=d-adapt', 'optimizer.weight_decay=0'),
    run('images-dog', imagesPath, 'scheduler.name=dog'),
    { name: 'sweep', isSweep: true, command: ['sweep', sweepPath, '--data-dir', data, '--jobs', '2'] },
  ];
}

/** CIFAR-10's binary layout with few images, as src/testing/tiny-cifar.ts writes it. */
function writeTinyCifar(dataDir, perFile) {
  const folder = join(dataDir, 'cifar-10-batches-bin');
  mkdirSync(folder, { recursive: true });
  const files = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
  files.forEach((name, f) => {
    const bytes = new Uint8Array(perFile * 3073);
    for (let i = 0; i < perFile; i++) {
      bytes[i * 3073] = (i * 7 + f) % 10;
      for (let p = 0; p < 3072; p++) bytes[i * 3073 + 1 + p] = (p * (i + 3 * f + 1)) % 251;
    }
    writeFileSync(join(folder, name), bytes);
  });
}
