/** Configs, sweeps and overrides that nobody would write, and some that someone hostile would. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkFile } from '../config/check-file.js';
import { explain } from '../config/explain.js';
import { parseConfig } from '../config/load.js';
import { configHash, stringifyConfig } from '../config/output.js';
import { loadSweep } from '../config/sweep.js';
import { UsageError } from '../errors.js';
import { expectReadOrRefused, fuzz, mutatedText } from '../testing/fuzz.js';

const root = new URL('../../', import.meta.url).pathname;
const yamlIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => String(name).endsWith('.yaml'))
    .map((name) => readFileSync(join(root, folder, String(name)), 'utf8'));
const shipped = yamlIn('configs');
const configs = shipped.filter((text) => !/^base:/m.test(text));
const sweeps = shipped.filter((text) => /^base:/m.test(text));

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true }));

const words = [
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '!!js/function "x"',
    '!!binary aGk=',
    '---\n',
    '...',
    '%YAML 9.9\n',
    '? ',
    '|',
    '>',
  ],
  ...['{', '}', '[', ']', ',', ':', '#', '"', "'", '\n', '\t', '  ', '- ', '\r\n', '\0', '\ufeff', '\u2028'],
  ...[
    '1e999',
    '-1e999',
    '.inf',
    '-.inf',
    '.nan',
    '0x7fffffffffffffff',
    '9'.repeat(400),
    '1e-400',
    '-0',
    '0o17',
  ],
  ...['null', '~', 'true', 'no', '2001-01-01', '__proto__: 1\n', 'constructor: 1\n', 'toString', '$HOME'],
  ...[
    '../../../etc/passwd',
    'name',
    'optimizer',
    'scheduler',
    'lr',
    'train:',
    'grid:',
    'base: x\n',
    '😀',
    'ｌｒ',
  ],
];

/** A config that is valid must also be explained, and mean the same when written and read again. */
function use(text: string): void {
  const config = parseConfig(text);
  explain(config);
  expect(configHash(parseConfig(stringifyConfig(config)))).toBe(configHash(config));
}

describe('configs', () => {
  it('of changed text', async () => {
    await fuzz(mutatedText(configs, words), (text) => expectReadOrRefused(() => use(text)));
  });

  it('of changed values', async () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt().map(Number),
      fc.constantFrom(...words),
      fc.constantFrom(0, -1, 0.5, 1e15, 1e308, 2 ** 53 - 1, 'epoch', 'auto', '100 steps', [], {}, null, true),
    );
    const change = fc.tuple(fc.nat(), fc.oneof(odd, fc.constant(undefined)));
    const input = fc.tuple(fc.constantFrom(...configs), fc.array(change, { minLength: 1, maxLength: 4 }));
    const { parse } = await import('yaml');
    await fuzz(input, ([text, changes]) => {
      const config = parse(text) as Record<string, unknown>;
      for (const [index, value] of changes) {
        const places = placesIn(config);
        const [owner, key] = places[index % places.length] as [Record<string, unknown>, string];
        if (value === undefined) delete owner[key];
        else owner[key] = value;
      }
      return expectReadOrRefused(() => use(stringify(config)));
    });
  });

  it('with overrides', async () => {
    const key = fc.oneof(
      fc.constantFrom(
        'scheduler.phi',
        'optimizer.lr',
        'train.epochs',
        'train',
        'scheduler.points',
        'a.b.c.d',
        '',
      ),
      fc.string({ unit: 'binary' }),
    );
    const override = fc.tuple(key, fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' })));
    await fuzz(fc.tuple(fc.constantFrom(...configs), fc.array(override, { maxLength: 3 })), ([text, list]) =>
      expectReadOrRefused(() => {
        explain(
          parseConfig(
            text,
            'config',
            list.map(([name, value]) => `${name}=${value}`),
          ),
        );
      }),
    );
  });

  it.each<[string, string]>([
    ['anchors that double', bomb((last) => `[${`*${last},`.repeat(9)}]`)],
    ['anchored maps that double', bomb((last) => `{x: *${last}, y: *${last}, z: *${last}}`)],
    ['an anchor inside itself', 'a: &x [*x, *x]\n'],
    ['many aliases', `a: &x 1\nb:\n${'- *x\n'.repeat(45_000)}`],
    ['many anchors', `b:\n${Array.from({ length: 30_000 }, (_, i) => `- &a${i} 1\n`).join('')}`],
    ['deep nesting', '['.repeat(240_000)],
    ['deep maps', '{a: '.repeat(30_000)],
    ['deep block nesting', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['many keys', Array.from({ length: 30_000 }, (_, i) => `k${i}: 1\n`).join('')],
    ['many equal keys', 'k: 1\n'.repeat(45_000)],
    ['a long key', `${'k'.repeat(240_000)}: 1\n`],
    ['many sections of one kind', `optimizer: {${'lr: 1, '.repeat(20_000)}}\n`],
    ['a long number', `name: ${'9'.repeat(240_000)}\n`],
    ['a long quoted text', `name: "${'\\u0041'.repeat(40_000)}"\n`],
  ])('refuse %s', async (_, text) => {
    await expectReadOrRefused(() => use(text));
    expect(() => parseConfig(text)).toThrow(UsageError);
  });
});

describe('sweeps', () => {
  it('of changed text', async () => {
    const path = join(dir, 'sweep.yaml');
    writeFileSync(join(dir, 'base.yaml'), configs[0] as string);
    const bases = [
      ...sweeps,
      'grid: { train.seed: [0, 1] }\n',
      'zip: { optimizer.lr: [1, 2], train.seed: [0, 1] }\n',
    ];
    const texts = bases.map((text) => `base: base.yaml\n${text.replace(/^base:.*$/m, '')}`);
    await fuzz(mutatedText(texts, words), (text) => {
      writeFileSync(path, text);
      return expectReadOrRefused(() => {
        checkFile(path);
        loadSweep(path);
      });
    });
  });

  it.each([
    ['a grid without end', Array.from({ length: 30 }, (_, i) => `a${i}: [1,2,3,4,5,6,7,8,9]`).join(', ')],
    ['an axis without end', `train.seed: [${Array.from({ length: 19_000 }, (_, i) => i).join(',')}]`],
  ])('refuse %s', async (_, grid) => {
    const path = join(dir, 'sweep.yaml');
    writeFileSync(path, `base: base.yaml\ngrid: {${grid}}\n`);
    await expectReadOrRefused(() => loadSweep(path));
    expect(() => loadSweep(path)).toThrow(UsageError);
  });
});

/** Every key of every mapping. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const map = value as Record<string, unknown>;
  return Object.keys(map).flatMap((key) => [
    [map, key] as [Record<string, unknown>, string],
    ...placesIn(map[key]),
  ]);
}

function bomb(level: (last: string) => string): string {
  const lines = ['a0: &a0 lol'];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} ${level(`a${i - 1}`)}`);
  return `${lines.join('\n')}\n`;
}
