import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.js';
import { MissingError } from '../errors.js';
import type { MetricsRow } from '../run/columns.js';
import { fakeRun } from '../testing/fake-run.js';
import { scaleFigure } from './figure-scale.js';
import { scaleMarkdown, scaleTable } from './scale.js';
import { bytesSent, noCommunication, paperProbe, relativeSpeed } from './scale-model.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-scale-'));
afterAll(() => rmSync(root, { recursive: true }));

const config = () =>
  parseConfig(`name: digits
task: classification
model: { name: resnet8 }
dataset: { name: mnist-digits }
optimizer: { name: sgd, lr: 0.1 }
scheduler: { name: gen, preset: paper, phi: 4 }
train: { epochs: 1, batch_size: 200 }
`);

describe('relativeSpeed', () => {
  // Section 4: "roughly 60%" at Φ = 1; 4.1: "86% at Φ = 4 and > 92% at Φ ≥ 8"; PET "50% at Φ = 1 and 89% at Φ = 8"
  it.each([
    [2, 1, 0.6],
    [2, 4, 6 / 7],
    [2, 8, 12 / 13],
    [1, 1, 0.5],
    [1, 8, 8 / 9],
  ])("is the paper's with B = %d F and Φ = %d", (backward, phi, expected) => {
    const times = { forward: 1, backward, other: 0 };
    expect(relativeSpeed(times, noCommunication, paperProbe, phi)).toBeCloseTo(expected, 12);
  });

  it('rises with communication that only the step has, and falls with that of each forward pass', () => {
    const times = { forward: 1, backward: 2, other: 0 };
    const alone = relativeSpeed(times, noCommunication, paperProbe, 1);
    expect(relativeSpeed(times, { step: 3, forward: 0 }, paperProbe, 1)).toBeGreaterThan(alone);
    // C_f = C/3 and B = 2F: probes communicate as much of their time as steps do, Φ sets the rest
    expect(relativeSpeed(times, { step: 3, forward: 1 }, paperProbe, 1)).toBeCloseTo(alone, 12);
    expect(relativeSpeed(times, { step: 3, forward: 1 }, paperProbe, 1e9)).toBeCloseTo(1, 6);
  });
});

describe('bytesSent', () => {
  it('is twice the gradients for ddp and three times the weights when sharded, but for a share of 1/N', () => {
    const parameters = { total: 1000, trainable: 1000 };
    expect(bytesSent('ddp', 4, parameters)).toEqual({ step: 6000, forward: 0 });
    expect(bytesSent('fsdp', 4, parameters)).toEqual({ step: 9000, forward: 3000 });
    expect(bytesSent('zero3', 1, parameters)).toEqual({ step: 0, forward: 0 });
    expect(bytesSent('ddp', 2, { total: 1000, trainable: 10 })).toEqual({ step: 40, forward: 0 });
  });
});

/** A run whose forward passes take 10 ms, backward passes 30 ms, data 2 ms; its first steps and probes far longer. */
function run(dir: string, phi: number): void {
  const metrics = Array.from({ length: 40 }, (_, i): MetricsRow => {
    const step = i + 1;
    const isProbe = step % phi === 0;
    const slow = step <= 3 * phi ? 100 : 1;
    return {
      ...{ step, epoch: 1, loss: 1, forward_passes: isProbe ? 3 : 1, backward_passes: 1, data_ms: 2 },
      ...{ train_ms: 40 * slow, probe_ms: isProbe ? 20 * slow : 0 },
    };
  });
  const dataset = { name: 'mnist-digits' };
  fakeRun(join(root, 'runs', dir), { metrics, dataset, scheduler: { preset: 'paper', phi } });
}

describe('scaleTable', () => {
  it("takes the paper's ratio without runs", () => {
    const { predictions, notes } = scaleTable(config(), { scale: 'ddp', devices: 8, bandwidth: 25 });
    expect(predictions[0]?.speeds.map((speed) => speed.toFixed(3))).toEqual(
      [1, 2, 4, 8, 16, 32].map((phi) => (3 / (3 + 2 / phi)).toFixed(3)),
    );
    expect(notes.join(' ')).toContain("F : B = 1 : 2, the paper's ratio for full training");
  });

  it('measures F, B and the speed of runs, without their first steps', () => {
    run('phi-1', 1);
    run('phi-4', 4);
    fakeRun(join(root, 'runs', 'constant'), { scheduler: { name: 'constant' } });
    const options = { scale: 'fsdp', devices: 4, bandwidth: 0.001, runs: [join(root, 'runs')] } as const;
    const table = scaleTable(config(), options);
    const [alone, group] = table.predictions;
    expect(alone?.speeds[0]).toBeCloseTo(42 / 62, 12);
    expect(table.measured.slice(0, 3)).toEqual([
      expect.closeTo(42 / 62, 12),
      undefined,
      expect.closeTo(42 / 47, 12),
    ]);
    expect(group?.speeds[2]).not.toBeCloseTo(alone?.speeds[2] ?? 0, 3);
    const text = scaleMarkdown(table);
    expect(text).toContain('F 10 ms, B 30 ms, data 2 ms a step: medians of 2 runs.');
    expect(text).toContain('| 1 | 67.7 % |');

    const file = join(root, 'scale.svg');
    scaleFigure(table, file);
    expect(readFileSync(file, 'utf8').match(/<circle/g)).toHaveLength(2);
  });

  it('takes no times from other work', () => {
    const options = { scale: 'ddp', devices: 2, bandwidth: 1, runs: [join(root, 'runs')] } as const;
    const other = parseConfig(
      'name: x\ntask: classification\nmodel: { name: resnet8 }\ndataset: { name: mnist-digits }\n' +
        'optimizer: { name: sgd }\nscheduler: { name: gen }\ntrain: { epochs: 1, batch_size: 100 }\n',
    );
    expect(() => scaleTable(other, options)).toThrow(MissingError);
  });
});
