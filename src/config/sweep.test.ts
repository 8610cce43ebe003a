import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from './load.js';
import { ConfigError } from './problems.js';
import { checkSweepFile, loadSweep } from './sweep.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-'));
const base = `name: beale
task: synthetic
model: { name: beale }
optimizer: { name: sgd, lr: 0.05, momentum: 0.9 }
scheduler: { name: gen, preset: paper, phi: 1 }
train: { steps: 10 }
`;

beforeAll(() => writeFileSync(join(dir, 'base.yaml'), base));

function sweep(text: string) {
  const path = join(dir, 'sweep.yaml');
  writeFileSync(path, text);
  return loadSweep(path);
}

function problemsOf(text: string): string {
  try {
    sweep(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${dir}/`, '');
    throw error;
  }
  throw new Error('no problem was found');
}

const dirs = (text: string) => sweep(text).jobs.map((job) => job.dir);

describe('a sweep', () => {
  it('alone is the base', () => {
    const { name, jobs } = sweep('base: base.yaml\n');
    expect(name).toBe('sweep');
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ name: 'beale, seed 0', dir: 'beale/seed-0', overrides: [] });
    expect(jobs[0]?.config).toEqual(parseConfig(base));
  });

  it('makes every combination of the grid, the last key fastest', () => {
    const { jobs } = sweep(
      'name: s\nbase: base.yaml\ngrid:\n  optimizer.lr: [0.1, 1.0e-3]\n  scheduler.name: [gen, cosine]\n  train.seed: [0, 1]\n',
    );
    expect(jobs.map((job) => job.dir)).toEqual([
      'lr-0.1_gen/seed-0',
      'lr-0.1_gen/seed-1',
      'lr-0.1_cosine/seed-0',
      'lr-0.1_cosine/seed-1',
      'lr-0.001_gen/seed-0',
      'lr-0.001_gen/seed-1',
      'lr-0.001_cosine/seed-0',
      'lr-0.001_cosine/seed-1',
    ]);
    expect(jobs[3]?.config).toMatchObject({
      optimizer: { lr: 0.1 },
      scheduler: { name: 'cosine' },
      train: { seed: 1 },
    });
  });

  it('names jobs the same when it grows', () => {
    const small = dirs('base: base.yaml\ngrid: { optimizer.lr: [0.1], train.seed: [0] }\n');
    const large = dirs('base: base.yaml\ngrid: { optimizer.lr: [0.5, 0.1], train.seed: [0, 1] }\n');
    expect(large).toEqual(expect.arrayContaining(small));
  });

  it('walks zipped lists together', () => {
    expect(
      dirs('base: base.yaml\nzip: { optimizer.name: [sgd, adam], optimizer.lr: [0.1, 0.001] }\n'),
    ).toEqual(['sgd_lr-0.1/seed-0', 'adam_lr-0.001/seed-0']);
  });

  it('runs lists of overrides, labelled or not, times zip times grid', () => {
    expect(
      dirs(
        'base: base.yaml\nruns:\n  - { label: best, scheduler: { name: gen, preset: paper } }\n  - { scheduler.name: step, scheduler.factor: 0.5 }\ngrid: { train.seed: [3, 4] }\n',
      ),
    ).toEqual(['best/seed-3', 'best/seed-4', 'step_factor-0.5/seed-3', 'step_factor-0.5/seed-4']);
  });

  it('states overrides that the run command understands', () => {
    const { jobs } = sweep(
      'base: base.yaml\ngrid:\n  scheduler: [{ name: step, milestones: [2, 5] }]\n  model.start: [[1, -2]]\n  name: ["true"]\n',
    );
    expect(jobs[0]?.overrides).toEqual([
      'scheduler={ name: step, milestones: [ 2, 5 ] }',
      'model.start=[ 1, -2 ]',
      'name="true"',
    ]);
    expect(parseConfig(base, 'base.yaml', jobs[0]?.overrides)).toEqual(jobs[0]?.config);
  });

  it('uses whole paths where last names are alike', () => {
    expect(dirs('base: base.yaml\ngrid: { eval.every: [2], checkpoint.every: [5] }\n')).toEqual([
      'eval.every-2_checkpoint.every-5/seed-0',
    ]);
  });

  it('gives warnings back', () => {
    const path = join(dir, 'sweep.yaml');
    writeFileSync(path, 'base: base.yaml\ngrid: { scheduler.phi: [1, 100] }\n');
    const { sweep: found, problems } = checkSweepFile(path);
    expect(found?.jobs).toHaveLength(2);
    expect(problems.map(({ key, severity }) => `${severity} ${key}`)).toEqual(['warning scheduler.phi']);
  });
});

describe('a broken sweep', () => {
  it.each([
    ['grid: { train.seed: [0] }\n', /sweep\.yaml:1:1: base: missing/],
    ['base: 3\n', /sweep\.yaml:1:7: base: expected text/],
    ['base: nowhere.yaml\n', /nowhere\.yaml:1:1: no such file/],
    ['bas: base.yaml\n', /sweep\.yaml:1:1: bas: unknown key \(did you mean «base»\?\)/],
    ['base: base.yaml\ngrid: [1]\n', /2:7: grid: expected a mapping/],
    ['base: base.yaml\ngrid: { train.seed: 0 }\n', /2:9: grid\.train\.seed: expected a list/],
    ['base: base.yaml\ngrid: { train.seed: [] }\n', /at least one value/],
    ['base: base.yaml\ngrid: { train..seed: [1] }\n', /expected a dotted path/],
    [
      'base: base.yaml\nzip: { train.seed: [1, 2], optimizer.lr: [1] }\n',
      /2:1: zip: lists must be equally long/,
    ],
    ['base: base.yaml\nruns: { label: a }\n', /2:7: runs: expected a list/],
    ['base: base.yaml\nruns: [a]\n', /runs\.0: expected a mapping/],
    ['base: base.yaml\nruns: [{ label: a b }]\n', /names a directory/],
    ['base: base.yaml\nname: a/b\n', /2:7: name: must be letters/],
    ['base: base.yaml\ngrid: { optimizer.lr: [0.1, 0.1] }\n', /two jobs would write to lr-0\.1\/seed-0/],
    ['base: base.yaml\ngrid: { train.seed: [0, 1, 0] }\n', /two jobs would write to beale\/seed-0/],
    [
      `base: base.yaml\ngrid: { train.seed: [${Array(101).fill(0)}], optimizer.lr: [${Array(101).fill(0)}] }\n`,
      /makes 10201 jobs/,
    ],
    ['base: base.yaml\nbase: base.yaml\n', /2:1: base: key given twice/],
    ['- base: base.yaml\n', /expected a mapping with the keys name, base/],
  ])('%j', (text, message) => {
    expect(problemsOf(text)).toMatch(message);
  });

  it('names the job whose config is invalid, at the sweep’s own line, each problem once', () => {
    const problems = problemsOf(
      'base: base.yaml\ngrid:\n  optimizer.lr: [0.1, -1]\n  scheduler.nam: [cosine]\n  train.seed: [0, 1]\n',
    );
    expect(problems.split('\n')).toEqual([
      expect.stringMatching(/^sweep\.yaml:4:3: scheduler\.nam: unknown key.*\(in the job optimizer\.lr=0\.1/),
      expect.stringMatching(
        /^sweep\.yaml:3:23: optimizer\.lr: expected a number ≥ 0, found -1 \(in the job /,
      ),
    ]);
  });

  it('reports a problem of the base once, at the base’s line', () => {
    writeFileSync(join(dir, 'broken.yaml'), base.replace('steps: 10', 'stepz: 10'));
    const problems = problemsOf('base: broken.yaml\ngrid: { train.seed: [0, 1, 2] }\n');
    expect(problems.split('\n').filter((line) => line.includes('train.stepz'))).toEqual([
      expect.stringMatching(/broken\.yaml:6:10: train\.stepz: unknown key/),
    ]);
  });
});
