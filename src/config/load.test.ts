import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfigFile, loadConfig, parseConfig, resolveConfig } from './load.js';
import { configHash, stringifyConfig } from './output.js';
import { ConfigError } from './problems.js';

const digits = `
name: digits
task: classification
model: { name: resnet8 }
dataset: { name: mnist-digits }
optimizer: { name: sgd, lr: 0.1, momentum: 0.9 }
scheduler: { name: gen, phi: 1 }
train: { epochs: 3, batch_size: 200 }
`;
const beale = `
name: beale
task: synthetic
model: { name: beale }
optimizer: { name: adam, lr: 0.05 }
scheduler: { name: gen, preset: paper, phi: 1 }
train: { steps: 1000 }
`;

describe('a config', () => {
  it('gets every default', () => {
    expect(parseConfig(digits)).toMatchObject({
      model: { name: 'resnet8', pretrained: false },
      dataset: { name: 'mnist-digits', limit: null },
      scheduler: { name: 'gen', preset: 'authors', lr0: null, phi: 1, clip: 2, probe_batch: 'next' },
      train: {
        epochs: 3,
        batch_size: 200,
        micro_batch_size: null,
        seed: 0,
        precision: 'float32',
        grad_clip: null,
      },
      eval: { every: 'epoch' },
      checkpoint: { every: 'epoch' },
      logging: { tensorboard: false },
    });
  });

  it('of the synthetic task defaults to float64, one example and evaluation at the end', () => {
    const config = parseConfig(beale);
    expect(config.train).toEqual({
      steps: 1000,
      batch_size: 1,
      micro_batch_size: null,
      seed: 0,
      precision: 'float64',
      grad_clip: null,
    });
    expect(config.eval.every).toBe('end');
    expect(config).not.toHaveProperty('dataset');
  });

  it.each([digits, beale])('written out is the same config, with name first in each section', (text) => {
    const config = parseConfig(text);
    const written = stringifyConfig(config);
    expect(parseConfig(written)).toEqual(config);
    expect(stringifyConfig(parseConfig(written))).toBe(written);
    expect(written).toMatch(/scheduler:\n {2}name: gen\n/);
    expect(written).toMatch(/model:\n {2}name: /);
  });

  it('takes intervals as words, numbers and texts', () => {
    const every = (value: string) => parseConfig(`${digits}eval: { every: ${value} }\n`).eval.every;
    expect(['epoch', 'end', '100 steps', '1 step', '7'].map(every)).toEqual(['epoch', 'end', 100, 1, 7]);
  });

  it('has a hash that depends on values, not on order or spelling', () => {
    const config = parseConfig(beale);
    const reordered = parseConfig(beale.trim().split('\n').reverse().join('\n').replace('0.05', '5e-2'));
    expect(configHash(config)).toMatch(/^[0-9a-f]{64}$/);
    expect(configHash(reordered)).toBe(configHash(config));
    expect(configHash(parseConfig(beale, 'x', ['train.seed=1']))).not.toBe(configHash(config));
  });

  it('can be a plain object', () => {
    const value = {
      name: 'b',
      task: 'synthetic',
      model: { name: 'beale' },
      optimizer: { name: 'sgd', lr: 0.01 },
      scheduler: { name: 'constant' },
      train: { steps: 3, epochs: undefined },
    };
    expect(resolveConfig(value)).toMatchObject({ train: { steps: 3 } });
    expect(() => resolveConfig({ ...value, train: { stepz: 3 } })).toThrow(/train\.stepz: unknown key/);
    expect(() => resolveConfig(null)).toThrow(ConfigError);
  });

  it('may use anchors, comments and a byte order mark', () => {
    const text = `\uFEFF# a comment\n${beale.replace('lr: 0.05', 'lr: &lr 0.05').replace('phi: 1', 'phi: 1, lr0: *lr')}`;
    expect(parseConfig(text).scheduler).toMatchObject({ lr0: 0.05 });
  });
});

describe('warnings', () => {
  const warningsOf = (text: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'gen-bench-')), 'w.yaml');
    writeFileSync(path, text);
    const { config, problems } = checkConfigFile(path);
    expect(config).toBeDefined();
    return problems.map(({ key, severity }) => `${severity} ${key}`);
  };

  it('say that R² means nothing with three points, but not for a preset’s own value', () => {
    expect(warningsOf(beale)).toEqual([]);
    expect(warningsOf(beale.replace('phi: 1', 'min_r2: 0.9'))).toEqual(['warning scheduler.min_r2']);
    expect(warningsOf(beale.replace('phi: 1', 'min_r2: 0.9, points: [-2, -1, 0, 1, 2]'))).toEqual([]);
    expect(warningsOf(digits)).toEqual([]);
  });

  it('say that GeN would never probe', () => {
    expect(warningsOf(beale.replace('phi: 1', 'phi: 1001'))).toEqual(['warning scheduler.phi']);
  });

  it('do not stop loading', () => {
    expect(parseConfig(beale.replace('phi: 1', 'phi: 1001')).scheduler).toMatchObject({ phi: 1001 });
  });
});

describe('a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gen-bench-'));
  const problemOf = (name: string, content?: string | Uint8Array) => {
    const path = join(dir, name);
    if (content !== undefined) writeFileSync(path, content);
    try {
      loadConfig(path);
    } catch (error) {
      if (error instanceof ConfigError) return error.message.replace(dir, '');
      throw error;
    }
    return 'ok';
  };

  it.each<[string, string | Uint8Array | undefined, RegExp]>([
    ['absent.yaml', undefined, /no such file/],
    ['empty.yaml', '', /the file is empty/],
    ['comment.yaml', '# nothing\n', /the file is empty/],
    ['null.yaml', 'null\n', /expected a mapping/],
    ['text.yaml', 'just text\n', /expected a mapping/],
    ['list.yaml', '- name: a\n', /expected a mapping/],
    ['big.yaml', `# ${'x'.repeat(1_000_001)}`, /file of 10000\d\d bytes/],
    ['latin1.yaml', Buffer.from('name: a\ntask: caf\xe9\n', 'latin1'), /latin1\.yaml:2:10: not UTF-8/],
    ['utf16.yaml', Buffer.from('\uFEFFname: a\n', 'utf16le'), /not UTF-8/],
    ['binary.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x00, 0xff]), /not UTF-8/],
    ['tabs.yaml', 'name: a\ntrain:\n\tsteps: 3\n', /tabs\.yaml:3:1: tab in the indentation/],
    ['two.yaml', `${beale}---\n${beale}`, /more than one document/],
    ['tag.yaml', beale.replace('0.05', '!!js/function "x"'), /tags/],
    ['deep.yaml', `name: ${'['.repeat(50)}${']'.repeat(50)}\n`, /nested too deeply/],
    ['deeper.yaml', '['.repeat(20_000), /deeply|not valid YAML/],
    [
      'bomb.yaml',
      `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`).join('\n')}\n`,
      /more than 20000 values/,
    ],
    ['circle.yaml', 'name: &a [*a]\n', /nested too deeply|not valid/],
    ['merge.yaml', `${beale}<<: { x: 1 }\n`, /<<: unknown key/],
    ['complex.yaml', `? [a, b]\n: 1\n${beale}`, /a key must be a plain name/],
    ['unclosed.yaml', 'name: "a\ntask: synthetic\n', /not valid YAML/],
  ])('%s', (name, content, message) => {
    expect(problemOf(name, content)).toMatch(message);
  });

  it('that is a directory is refused', () => {
    expect(() => loadConfig(dir)).toThrow(/is a directory/);
  });
});
