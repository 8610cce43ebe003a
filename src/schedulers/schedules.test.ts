import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schedulers } from './registry.js';
import type { Schedule, ScheduleDefinition } from './types.js';

interface Oracle {
  baseLr: number;
  totalSteps: number;
  cases: { name: keyof typeof schedulers; options: Record<string, unknown>; learningRates: number[] }[];
}

// made by scripts/oracles/schedules.py with torch 2.15
const oracle = JSON.parse(
  readFileSync(new URL('./testdata/schedules.json', import.meta.url), 'utf8'),
) as Oracle;

const heuristics = (Object.values(schedulers) as { kind: string; name: string }[]).filter(
  (definition): definition is ScheduleDefinition => definition.kind === 'schedule',
);

function create(name: string, options: object, baseLr: number, totalSteps: number): Schedule {
  const definition = heuristics.find((candidate) => candidate.name === name);
  if (!definition) throw new Error(`no schedule ${name}`);
  return definition.create(definition.options.parse(options), {
    baseLr,
    totalSteps,
    stepsPerEpoch: totalSteps,
  });
}

const steps = (total: number) => Array.from({ length: total }, (_, index) => index + 1);

describe('schedules agree with PyTorch', () => {
  it.each(oracle.cases.map((entry) => [entry.name, JSON.stringify(entry.options), entry] as const))(
    '%s %s',
    (name, _text, { options, learningRates }) => {
      const schedule = create(name, options, oracle.baseLr, oracle.totalSteps);
      steps(oracle.totalSteps).forEach((step, index) => {
        expect(schedule(step)).toBeCloseTo(learningRates[index] as number, 13);
      });
    },
  );
});

describe('every schedule', () => {
  it.each(heuristics.map((definition) => [definition.name, definition] as const))(
    '%s has its name and defaults, is pure, finite and within (0, lr]',
    (name, definition) => {
      expect(Object.entries(schedulers).find(([, value]) => value.name === name)?.[0]).toBe(name);
      for (const total of [1, 2, 7, 100]) {
        const first = create(name, {}, 0.3, total);
        const second = create(name, {}, 0.3, total);
        const forwards = steps(total).map(first);
        const backwards = steps(total).reverse().map(second).reverse();
        expect(forwards).toEqual(backwards);
        for (const lr of forwards) {
          expect(lr).toBeGreaterThan(0);
          expect(lr).toBeLessThanOrEqual(0.3 * (1 + 1e-12));
        }
      }
      expect(() => definition.options.parse({ nonsense: 1 })).toThrow(/nonsense/);
    },
  );

  it.each(['cosine', 'linear', 'inverse', 'inverse-sqrt', 'polynomial', 'exponential'])(
    '%s does not fall below min_lr',
    (name) => {
      const schedule = create(name, { min_lr: 0.05 }, 0.1, 1000);
      expect(Math.min(...steps(1000).map(schedule))).toBeGreaterThanOrEqual(0.05 - 1e-15);
      expect(schedule(1)).toBeCloseTo(0.1, 15);
    },
  );
});

describe('warm-up', () => {
  it('rises in equal parts, reaches lr at its last step and hands a whole run to the inner schedule', () => {
    const schedule = create('warmup-cosine', { warmup_steps: 4, warmup_start_lr: 0.02 }, 0.1, 20);
    const inner = create('cosine', {}, 0.1, 16);
    expect(steps(4).map(schedule)).toEqual([0.04, 0.06, 0.08, 0.1].map((lr) => expect.closeTo(lr, 12)));
    expect(steps(16).map((step) => schedule(step + 4))).toEqual(steps(16).map(inner));
  });

  it('lasts a tenth of the run unless told otherwise, and may be absent', () => {
    const schedule = create('warmup-constant', {}, 1, 50);
    expect(schedule(4)).toBeCloseTo(0.8, 12);
    expect(schedule(5)).toBe(1);
    expect(create('warmup-constant', { warmup_steps: 0 }, 1, 50)(1)).toBe(1);
  });

  it('longer than the run only warms up', () => {
    const schedule = create('warmup-linear', { warmup_steps: 100 }, 1, 10);
    expect(schedule(10)).toBeCloseTo(0.1, 12);
  });
});

describe('exponential', () => {
  it('falls to about 1 % of lr when no rate is given', () => {
    expect(create('exponential', {}, 1, 1000)(1000)).toBeCloseTo(0.01, 3);
  });
});

describe('step', () => {
  it('refuses milestones that are neither a fraction nor a whole step', () => {
    expect(schedulers.step.options.safeParse({ milestones: [1.5] }).success).toBe(false);
    expect(schedulers.step.options.safeParse({ milestones: [] }).success).toBe(false);
  });
});
