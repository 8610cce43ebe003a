import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { provenanceNotes } from './provenance-notes.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-provenance-'));
afterAll(() => rmSync(root, { recursive: true }));
const usual = {
  version: '0.1.0',
  gitCommit: 'abcdef0123',
  gitDirty: false,
  tensorflow: '2.21.0',
  device: 'cpu',
  cpu: 'Xeon',
  threads: 2,
  checksums: { a: '1', b: '2' },
  fidelity: [],
};
function provenance(name: string, more: object): string {
  const dir = join(root, name);
  mkdirSync(dir);
  writeFileSync(join(dir, 'provenance.json'), JSON.stringify({ ...usual, ...more }));
  return dir;
}

it('is silent about like runs and runs without provenance', () => {
  const reordered = { checksums: { b: '2', a: '1' } };
  expect(provenanceNotes([provenance('a', {}), provenance('b', reordered), join(root, 'none')])).toEqual([]);
});

it('names other versions, machines, data and cuts', () => {
  const dirs = [
    provenance('c', {}),
    provenance('d', { gitDirty: true }),
    provenance('e', { threads: 1 }),
    provenance('f', { checksums: { a: '9' }, fidelity: ['only the first 200 examples (dataset.limit)'] }),
  ];
  expect(provenanceNotes(dirs)).toEqual([
    'the runs are not all by the same version of gen-bench: 0.1.0 abcdef0 (3 runs), 0.1.0 abcdef0 with local changes (1 run)',
    'the runs did not all read the same data files (checksums in provenance.json)',
    'times are not comparable, the machines differ: cpu, Xeon, 2 threads, TensorFlow 2.21.0 (3 runs), cpu, Xeon, 1 threads, TensorFlow 2.21.0 (1 run)',
    'only the first 200 examples (dataset.limit)',
  ]);
});
