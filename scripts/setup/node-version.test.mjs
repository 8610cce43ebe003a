import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NODE_RANGE, nodeProblem, satisfies } from './node-version.mjs';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test('the range is the one that package.json tells npm', () => {
  expect(packageJson.engines.node).toBe(NODE_RANGE);
});

test.each(['20.19.0', '20.20.2', '22.12.0', '22.23.3', '23.0.0', '24.21.0'])(
  'Node %s is accepted',
  (version) => {
    expect(nodeProblem(version)).toBeUndefined();
  },
);

test.each(['12.22.1', '18.20.0', '20.18.9', '21.7.0', '22.11.0', '25.0.0', '26.1.0-nightly2026'])(
  'Node %s is refused in one line with a way out',
  (version) => {
    const problem = nodeProblem(version);
    expect(problem).toMatch(/^Node \S+ is not supported: .*nvm install 22/);
    expect(problem).not.toContain('\n');
  },
);

test('an unknown comparator is an error, not a yes', () => {
  expect(() => satisfies('20.0.0', '~20.0.0')).toThrow('~20.0.0');
});
