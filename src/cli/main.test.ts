import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import * as checkFile from '../config/check-file.js';
import { runMain } from './run-main.testing.js';

const config = (name: string) => fileURLToPath(new URL(`../../configs/${name}.yaml`, import.meta.url));
const digits = config('mini/resnet8-digits');

describe('the command line', () => {
  it('shows help and version on stdout with exit code 0', async () => {
    const help = await runMain('--help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toMatch(/run .*train one config/);
    expect(help.stderr).toBe('');
    expect(await runMain('--version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect((await runMain('run', '--help')).stdout).toContain('--max-steps');
  });

  it.each([
    [[], /Usage: gen-bench/],
    [['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
    [['validate'], /missing required argument/],
    [['validate', digits, '--fast'], /unknown option '--fast'/],
    [['run', digits, '--max-stpes', '3'], /Did you mean --max-steps\?/],
    [['run', digits, '--max-steps', '0'], /expected a whole number ≥ 1/],
    [['run', digits, '--seeds', '0,,1'], /whole numbers from 0 to/],
    [['run', digits, '--seeds', '1,1'], /given twice/],
    [['run', digits, '--seeds', '-1'], /whole numbers from 0 to/],
    [['run', digits, 'optimizer.lrr=1'], /override «optimizer\.lrr=1».*did you mean «lr»/],
    [['run', 'absent.yaml'], /absent\.yaml:1:1: no such file/],
    [['sweep', 'absent.yaml'], /absent\.yaml:1:1: no such file/],
    [['sweep', digits], /base: missing/],
    [['sweep', digits, '--launcher', 'pbs'], /Allowed choices are local/],
    [['explain', digits, 'scheduler.name=cosin'], /did you mean «cosine»/],
    [['list', 'planets'], /Allowed choices are models/],
    [['list', 'models', '--format', 'xml'], /Allowed choices are text, json/],
    [['fetch', 'cifar11'], /did you mean «cifar10»/],
    [['table', 'two'], /expected a number, as in the paper/],
    [['table', '99'], /table 99: expected 2/],
    [['figure', '99', '--results', 'x'], /figure 99: expected 1, /],
    [['figure', '-1'], /figure -1: expected 1, /],
    [['compare', 'x', '--format', 'html'], /Allowed choices are md, csv, json/],
  ])('%j ends with 2 and says why on stderr', async (argv, message) => {
    const { exitCode, stdout, stderr } = await runMain(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('calls anything unexpected a defect, with its stack, and ends with 1', async () => {
    vi.spyOn(checkFile, 'checkFile').mockImplementationOnce(() => {
      throw new TypeError('boom');
    });
    const { exitCode, stderr } = await runMain('validate', digits);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^defect in gen-bench[^\n]*\nTypeError: boom\n\s+at /);
  });
});

describe('validate', () => {
  it('takes configs and sweeps', async () => {
    const files = [digits, config('sweeps/quickstart')];
    expect(await runMain('validate', ...files)).toEqual({
      exitCode: 0,
      stdout: files.map((file) => `${file}: ok\n`).join(''),
      stderr: '',
    });
  });

  it('does not load TensorFlow', async () => {
    await runMain('validate', digits);
    await runMain('explain', digits);
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    expect(loaded.filter((path) => path.includes('@tensorflow'))).toEqual([]);
  });
});

describe('explain', () => {
  it('shows the resolved config, steps, learning rate and cost', async () => {
    const { exitCode, stdout } = await runMain('explain', config('resnet50-cifar10'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('  probe_batch: next\n');
    expect(stdout).toContain('steps:     500, 100 an epoch, batch 500 as 10 × 50\n');
    expect(stdout).toContain('lr:        starts at 0.1, then fitted every 4 steps\n');
    expect(stdout).toContain('875 forward, 500 backward (500 forward, 500 backward without GeN, 125 probes)');
  });

  it.each([
    [['scheduler.preset=paper'], '750 forward, 500 backward'],
    [['scheduler.fit=one-sided', 'scheduler.probe_batch=same'], '625 forward, 500 backward'],
    [['scheduler.probe_batch=split'], '625 forward, 437.5 backward'],
    [['data.limit=200'], 'steps:     5, 1 an epoch'],
    [['train.steps=7'], 'steps:     7, 100 an epoch'],
  ])('%j', async (overrides, text) => {
    const { stdout } = await runMain('explain', config('resnet50-cifar10'), ...overrides);
    expect(stdout).toContain(text);
  });

  it.each([
    [['resnet50-cifar10'], 'weights:   23.5 M\n'],
    [['roberta-base-cola', 'model.peft=lora'], 'trained 887 k: 295 k + 592 k of the classifier\n'],
    [['roberta-base-cola', 'model.peft=bitfit'], 'trained 694 k: 102 k + 592 k of the classifier\n'],
    [['roberta-base-cola', 'model.peft=full'], 'weights:   125 M\n'],
  ])('counts the weights of %j', async ([name, ...overrides], text) => {
    const { stdout } = await runMain('explain', config(name!), ...overrides);
    expect(stdout).toContain(text);
  });

  it('draws a schedule', async () => {
    const { stdout } = await runMain('explain', digits, 'scheduler.name=linear');
    expect(stdout).toContain('lr:        0.1000 at 1, ');
    expect(stdout).toMatch(/\n {11}█+▇+▆+▅+▄+▃+▂+▁+\n/);
    expect(stdout).toContain('160 forward, 160 backward');
  });
});

describe('list', () => {
  it.each([
    ['models', /^resnet8 .*\n {4}pretrained=false/],
    ['datasets', /mnist-digits/],
    ['optimizers', /adamw .*\n {4}lr=0\.001/],
    ['schedulers', /gen .*\n {4}preset="authors"[\s\S]*warmup-cosine/],
    ['tasks', /classification[\s\S]*synthetic/],
    ['metrics', /accuracy/],
  ])('%s', async (area, text) => {
    const { exitCode, stdout } = await runMain('list', area);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(text);
  });

  it('gives JSON with defaults', async () => {
    const rows = JSON.parse((await runMain('list', 'optimizers', '--format', 'json')).stdout) as {
      name: string;
      options: { name: string; default?: unknown }[];
    }[];
    const adamw = rows.find(({ name }) => name === 'adamw');
    expect(adamw?.options.find(({ name }) => name === 'betas')?.default).toEqual([0.9, 0.999]);
  });
});
