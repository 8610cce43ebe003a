import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./torture.mjs', import.meta.url));

// npm run test:torture does fifty in every kind of task
it('a run killed a few times ends like one that nobody killed', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[script, '--kills', '3', '--seed', '4', '--only', 'images-gen'],
  ]);
  expect(stdout).toMatch(/[3-9] moments, 0 failures/);
});
