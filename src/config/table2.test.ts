import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PAPER_BATCH_SIZE, PAPER_IMAGE_SIZE, table2Datasets, table2Models } from '../report/paper.js';
import type { Config } from './schema.js';
import { loadSweep } from './sweep.js';

const configs = (file: string) =>
  loadSweep(fileURLToPath(new URL(`../../configs/sweeps/${file}`, import.meta.url))).jobs.map(
    ({ config }) => config,
  );

/** What a run trains, without its name. */
const trained = ({ name: _, ...rest }: Config) => JSON.stringify(rest);

describe('the sweep of Table 2', () => {
  const whole = configs('table2.yaml');

  it('has every cell of the paper, three seeds each, and nothing else', () => {
    expect(whole).toHaveLength(2 * 7 * 6 * 3);
    expect(new Set(whole.map(trained)).size).toBe(whole.length);
  });

  for (const model of table2Models) {
    it.each(table2Datasets)(`has the paper's settings for ${model.name} on $name`, (dataset) => {
      const runs = whole.filter((run) => run.model.name === model.name && run.dataset?.name === dataset.name);
      const rows = model.rows.map(({ scheduler }) => scheduler).sort();
      for (const seed of [0, 1, 2]) {
        const ofSeed = runs.filter(({ train }) => train.seed === seed);
        expect(ofSeed.map(({ scheduler }) => scheduler.name).sort()).toEqual(rows);
      }
      for (const { model: chosen, dataset: data, optimizer, scheduler, train } of runs) {
        expect(chosen).toMatchObject({ pretrained: true });
        expect(data).toMatchObject({ image_size: PAPER_IMAGE_SIZE, limit: null });
        expect(optimizer).toMatchObject(model.optimizer);
        if (optimizer.name === 'sgd') {
          const weightDecay = scheduler.name === 'd-adapt' ? 0 : 5e-4;
          expect(optimizer).toMatchObject({ momentum: 0.9, weight_decay: weightDecay });
        } else {
          // PyTorch's defaults
          expect(optimizer).toMatchObject({ betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01 });
        }
        if (scheduler.name === 'gen') expect(scheduler).toMatchObject({ phi: dataset.phi });
        expect(train).toMatchObject({
          epochs: dataset.epochs,
          batch_size: PAPER_BATCH_SIZE,
          micro_batch_size: 50,
        });
      }
      expect(configs(`table2/${model.name}-${dataset.name}.yaml`).map(trained).sort()).toEqual(
        runs.map(trained).sort(),
      );
    });
  }
});
