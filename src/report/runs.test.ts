import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fakeRun } from '../testing/fake-run.js';
import { aggregate } from './aggregate.js';
import { listRuns } from './runs.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-runs-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('listRuns', () => {
  it('keeps a hundred runs of a sweep apart', () => {
    for (let i = 0; i < 100; i++) {
      const lr = 10 ** -(i % 10);
      fakeRun(join(root, `lr-${i % 10}`, `seed-${Math.floor(i / 10)}`), {
        seed: Math.floor(i / 10),
        optimizer: { lr },
        accuracy: lr,
      });
    }
    const runs = listRuns([root]);
    for (const { dir, config } of runs) {
      expect(config).toEqual(parse(readFileSync(join(dir, 'config.yaml'), 'utf8')));
    }
    const [setting, ...others] = aggregate(runs);
    expect(others).toEqual([]);
    expect(setting?.methods).toHaveLength(10);
    for (const { config, completed } of setting?.methods ?? []) {
      expect(completed.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(new Set(completed.map(({ summary }) => summary.final.accuracy))).toEqual(
        new Set([config.optimizer.lr]),
      );
    }
  });
});
