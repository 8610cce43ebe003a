import { expect, test } from 'vitest';
import { cacheRoot, checkPlatform, chooseDevice } from './platform.mjs';

test('the cache folder: GEN_BENCH_CACHE, then XDG_CACHE_HOME, then home', () => {
  expect(cacheRoot({ GEN_BENCH_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe('/x/gen-bench');
  expect(cacheRoot({ XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/gen-bench$/);
  expect(cacheRoot({})).toMatch(/\/\.cache\/gen-bench$/);
});

const LINUX = { platform: 'linux', arch: 'x64', glibc: '2.36' };
test('Linux with glibc is accepted', () => {
  expect(() => checkPlatform(LINUX)).not.toThrow();
  expect(() => checkPlatform({ ...LINUX, arch: 'arm64', glibc: '2.27' })).not.toThrow();
});

test.each([
  [{ platform: 'darwin' }, /^unsupported platform darwin: .*container/],
  [{ platform: 'win32' }, /WSL/],
  [{ arch: 'ia32' }, /^unsupported processor ia32/],
  [{ glibc: undefined }, /musl/],
  [{ glibc: '2.17' }, /glibc 2.17 is too old/],
])('%j is refused', (change, message) => {
  expect(() => checkPlatform({ ...LINUX, ...change })).toThrow(message);
});

test('GEN_BENCH_DEVICE decides, and only between what there is', async () => {
  expect(await chooseDevice({ GEN_BENCH_DEVICE: 'cpu' })).toBe('cpu');
  expect(await chooseDevice({ GEN_BENCH_DEVICE: 'cuda' }, 'x64')).toBe('cuda');
  await expect(chooseDevice({ GEN_BENCH_DEVICE: 'gpu' })).rejects.toMatchObject({ exitCode: 2 });
  await expect(chooseDevice({ GEN_BENCH_DEVICE: 'cuda' }, 'arm64')).rejects.toMatchObject({ exitCode: 3 });
});
