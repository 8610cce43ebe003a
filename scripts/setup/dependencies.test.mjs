import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dependenciesState, explainNpmFailure } from './dependencies.mjs';

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gen-bench-deps-'));
  mkdirSync(join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

const LOCK = {
  '': { name: 'x' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/win': { version: '1.0.0', optional: true },
};
const write = (path, packages) => writeFileSync(join(root, path), JSON.stringify({ packages }));
const wanted = (packages) => write('package-lock.json', packages);
const installed = (packages) => write('node_modules/.package-lock.json', packages);

test('packages as in the lock are ok, those for other platforms absent', async () => {
  wanted(LOCK);
  installed({ 'node_modules/a': LOCK['node_modules/a'] });
  expect(await dependenciesState(root)).toMatchObject({ state: 'ok' });
});

test('an install cut short is missing', async () => {
  wanted(LOCK);
  expect(await dependenciesState(root)).toMatchObject({ state: 'missing' });
});

test.each([
  ['another version', { version: '1.0.1', integrity: 'sha512-a' }],
  ['another content', { version: '1.0.0', integrity: 'sha512-b' }],
])('%s is damaged', async (_, entry) => {
  wanted(LOCK);
  installed({ 'node_modules/a': entry });
  expect(await dependenciesState(root)).toMatchObject({ state: 'damaged' });
});

test('a package absent is damaged', async () => {
  wanted(LOCK);
  installed({});
  const { state, detail } = await dependenciesState(root);
  expect([state, detail]).toEqual(['damaged', expect.stringContaining('node_modules/a')]);
});

test.each([
  ['npm error code ENOTFOUND\nnpm error network request failed', /^no network: .*ENOTFOUND/],
  ['npm ERR! code EAI_AGAIN', /^no network/],
  ['npm error code ENOSPC\nnpm error nospc', /^the disk filled up/],
  [
    'npm error code EROFS\nnpm error syscall mkdir\nnpm error rofs read-only: mkdir /x',
    /cannot write here \(EROFS\): rofs/,
  ],
  ['npm error code EINTEGRITY', /checksum/],
  ['npm error code EUSAGE\nnpm error\nnpm error out of sync', /do not agree/],
  ['npm error code E404\nnpm error 404 Not Found - a@1', /^npm ci failed \(E404\): 404 Not Found/],
])('npm says %j', (stderr, message) => {
  expect(explainNpmFailure(stderr)).toMatch(message);
  expect(explainNpmFailure(stderr)).not.toContain('\n');
});

// npm drops the optional packages of other platforms from the lock where the registry in use lacks them, and then
// `npm ci` refuses the lock everywhere.
test('the lock lists the optional packages of every platform', () => {
  const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const isListed = (from, name) => {
    const folders = from
      .split('/node_modules/')
      .map((_, i, parts) => parts.slice(0, i + 1).join('/node_modules/'));
    return ['', ...folders].some((folder) => packages[`${folder}${folder && '/'}node_modules/${name}`]);
  };
  const absent = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isListed(path, name)),
  );
  expect(absent).toEqual([]);
});
