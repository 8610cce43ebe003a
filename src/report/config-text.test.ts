import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../config/load.js';
import { stringifyConfig } from '../config/output.js';
import { configTextReader } from './config-text.js';

const configs = fileURLToPath(new URL('../../configs', import.meta.url));
const files = ['.', 'mini'].flatMap((folder) =>
  readdirSync(join(configs, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(configs, folder, name)),
);

describe('configTextReader', () => {
  it('reads every shipped config, as written and as resolved, like the parser of whole files', () => {
    const read = configTextReader();
    for (const file of files) {
      for (const text of [readFileSync(file, 'utf8'), stringifyConfig(loadConfig(file))]) {
        expect(read(text), file).toEqual(parse(text));
      }
    }
  });

  it('shares equal sections and tells unequal ones apart', () => {
    const read = configTextReader() as (text: string) => Record<string, unknown>;
    const config = (seed: number) => `name: a\nmodel:\n  name: b\ntrain:\n  seed: ${seed}\n`;
    const [first, second] = [read(config(1)), read(config(2))];
    expect(second).toEqual({ name: 'a', model: { name: 'b' }, train: { seed: 2 } });
    expect(second?.model).toBe(first?.model);
  });

  it.each([
    'a: &x\n  b: 1\nc: *x\n',
    'a: &x { b: 1 }\nc:\n  <<: *x\n',
    '# remark\na: 1\n\nb:\n  - 2\n',
    '---\na: 1\n',
    'a: |\n  text\n\n  more\nb: 2\n',
    '"a": 1\nb: [1,\n 2]\n',
    ' a: 1\n b: 2\n',
    'a:\n- 1\n- 2\n',
    'a: !!str 1\nb: 2\n',
    'a: "x\n  y"\nb: 2\n',
    'a: 1\r\nb: 2\r\n',
    '',
    '5\n',
  ])('reads %j like the parser of whole files', (text) => {
    expect(configTextReader()(text)).toEqual(parse(text));
  });

  it.each(['a: 1\na: 2\n', 'a: 1\nb: [1\nc: 2\n', 'a: 1\nb:\n  c: {\n'])('refuses %j like it', (text) => {
    let expected: unknown;
    try {
      parse(text);
    } catch (error) {
      expected = error;
    }
    expect(expected).toBeInstanceOf(Error);
    expect(() => configTextReader()(text)).toThrow((expected as Error).message);
  });
});
