import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkFile } from './check-file.js';
import { loadConfig, parseConfig, readConfigFile } from './load.js';
import { stringifyConfig } from './output.js';
import { isSweep, loadSweep } from './sweep.js';

const root = fileURLToPath(new URL('../../configs', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(root, file));

describe('every shipped config', () => {
  it.each(files)('%s has no problem and no warning', (file) => {
    expect(checkFile(file)).toEqual([]);
  });

  it.each(files.filter((file) => !isSweep(readConfigFile(file).root)))(
    '%s has the name of its file',
    (file) => {
      const config = loadConfig(file);
      expect(file.endsWith(`/${config.name}.yaml`)).toBe(true);
      expect(parseConfig(stringifyConfig(config))).toEqual(config);
    },
  );
});

describe('the shipped sweeps', () => {
  it('quickstart runs seven methods with two seeds each', () => {
    const { jobs } = loadSweep(join(root, 'sweeps/quickstart.yaml'));
    expect(jobs.map((job) => job.dir)).toEqual(
      ['gen', 'gen-paper', 'constant', 'cosine', 'linear', 'prodigy', 'd-adapt'].flatMap((label) => [
        `${label}/seed-0`,
        `${label}/seed-1`,
      ]),
    );
  });

  it.each(['beale', 'rosenbrock'])('%s is the grid of Appendix B.1', (name) => {
    const { jobs } = loadSweep(join(root, `sweeps/${name}.yaml`));
    expect(jobs).toHaveLength(6 * 2 * 18);
    expect(jobs.every(({ config }) => config.train.steps === 1000)).toBe(true);
  });
});
