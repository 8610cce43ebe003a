import { expect, test } from 'vitest';
import type { Part } from '../engine/installation.js';
import { type DoctorOptions, doctor } from './doctor.js';

const part = (name: string, state: Part['state'] = 'ok', needed = true): Part => ({
  name,
  state,
  needed,
  detail: `about ${name}`,
  ...(state === 'ok' ? {} : { fix: `mend ${name}` }),
});
const SOUND = [part('Node'), part('npm packages'), part('TensorFlow'), part('addon')];

async function examine(parts: Part[], options: DoctorOptions = {}, device: 'cpu' | 'cuda' = 'cpu') {
  let text = '';
  const exitCode = await doctor({
    inspect: async () => ({ device, parts }),
    load: async () => ({ version: '2.21.0', device: 'cpu', threads: 2 }),
    listData: async () => 'none',
    write: (more) => {
      text += more;
    },
    ...options,
  });
  return { exitCode, text };
}

test('all sound: every part on a line, exit code 0', async () => {
  const { exitCode, text } = await examine(SOUND);
  expect(exitCode).toBe(0);
  expect(text).toMatch(/^addon +ok +about addon$/m);
  expect(text).toMatch(/^loading +ok +TensorFlow 2.21.0 on the cpu, 2 threads/m);
  expect(text).not.toContain('fix:');
});

test('a missing part: its fix, no loading, exit code 3', async () => {
  const parts = SOUND.map((sound) => (sound.name === 'addon' ? part('addon', 'damaged') : sound));
  const load = () => Promise.reject(new Error('must not be called'));
  const { exitCode, text } = await examine(parts, { load });
  expect(exitCode).toBe(3);
  expect(text).toMatch(/^addon +damaged .*\n +fix: mend addon$/m);
  expect(text).toMatch(/^loading +missing +not tried/m);
});

test('what only set-up would need does not count', async () => {
  const { exitCode, text } = await examine([...SOUND, part('C++ compiler', 'missing', false)]);
  expect(exitCode).toBe(0);
  expect(text).toContain('fix: mend C++ compiler');
});

test('TensorFlow that does not load is damaged, in one line', async () => {
  const { exitCode, text } = await examine(SOUND, {
    load: () => Promise.reject(new Error('no AVX\n  at x')),
  });
  expect(exitCode).toBe(3);
  expect(text).toMatch(/^loading +damaged +no AVX\n +fix: npm run setup$/m);
});

test('a CUDA engine that finds no GPU is damaged', async () => {
  const { exitCode, text } = await examine(SOUND, {}, 'cuda');
  expect(exitCode).toBe(3);
  expect(text).toContain('check the driver');
});
