import { describe, expect, it, test } from 'vitest';
import { readCocoCases } from '../testing/coco-cases.js';
import {
  type CocoAp,
  type CocoDetection,
  type CocoTruth,
  cocoAp,
  cocoApByName,
  cocoApMetrics,
} from './coco-ap.js';

const { cases } = readCocoCases(new URL('./testdata/coco-ap.json', import.meta.url));

describe.each(cases.map((one, i) => [i, one] as const))(
  'random case %i',
  (_, { truths, detections, expected }) => {
    test.each(['box', 'mask'] as const)('has the AP of pycocotools for %s', (kind) => {
      const actual = cocoAp(truths, detections, kind);
      for (const part of Object.keys(expected[kind]) as (keyof CocoAp)[]) {
        const value = expected[kind][part];
        if (value === undefined) expect(actual[part], part).toBeUndefined();
        else expect(actual[part], part).toBeCloseTo(value, 9);
      }
    });
  },
);

describe('cocoAp', () => {
  const truth: CocoTruth = { image: 1, category: 1, box: [10, 10, 20, 20], area: 400 };
  const found: CocoDetection = { image: 1, category: 1, box: [10, 10, 20, 20], score: 0.9 };

  it('is 1 for a perfect detection, 0 for none', () => {
    const perfect = cocoAp([truth], [found], 'box');
    expect(perfect.ap).toBeCloseTo(1, 12);
    expect(perfect.apSmall).toBeCloseTo(1, 12);
    expect(perfect.apLarge).toBeUndefined();
    expect(cocoAp([truth], [], 'box').ap).toBe(0);
  });

  it('is undefined without objects', () => {
    expect(cocoAp([], [found], 'box').ap).toBeUndefined();
  });

  it('counts no false detection below the true one', () => {
    const wrong = { ...found, box: [40, 40, 5, 5] as const, score: 0.1 };
    expect(cocoAp([truth], [found, wrong], 'box').ap).toBeCloseTo(1, 12);
    expect(cocoAp([truth], [found, { ...wrong, score: 1 }], 'box').ap).toBeCloseTo(0.5, 9);
  });

  it('names its metrics as they are registered', () => {
    const names = Object.keys(cocoApByName('mask', cocoAp([truth], [found], 'box')));
    expect(names).toEqual(['mask_ap', 'mask_ap50', 'mask_ap75', 'mask_ap_s']);
    for (const name of names) expect(cocoApMetrics.map((metric) => metric.name)).toContain(name);
  });
});
