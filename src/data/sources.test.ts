import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheDirectory } from './cache.js';
import { cachePath } from './fetch.js';
import { sourceById, sources } from './manifest.js';
import { findSource, locateSource, locateWeights } from './sources.js';

let folder: string;
let places: { dataDir: string; cacheDir: string };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
  places = { dataDir: join(folder, 'data'), cacheDir: join(folder, 'cache') };
  await mkdir(places.dataDir);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test('the cache folder follows the environment', () => {
  expect(cacheDirectory({ GEN_BENCH_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
  expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/gen-bench');
  expect(cacheDirectory({})).toMatch(/\/\.cache\/gen-bench$/);
});

describe('the manifest', () => {
  test('has ids of its own, weights with their architecture, and mini configs that exist', () => {
    const ids = sources().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    for (const { kind, model, mini } of sources()) {
      expect(kind === 'weights').toBe(model !== undefined);
      if (mini) expect(existsSync(join(root, mini)), mini).toBe(true);
    }
  });

  test('tells an unknown id what there is', () => {
    expect(() => sourceById('cifar')).toThrow(
      /unknown data or weight source 'cifar'; known are mnist-digits, /,
    );
  });

  test('gives every digest that a file name carries as the checksum', () => {
    for (const file of sources().flatMap(({ files }) => files)) {
      const inName = /-([0-9a-f]{8})\.pth$/.exec(file.name)?.[1];
      if (inName) {
        const [origin] = file.origins;
        expect(origin!.sha256_prefix ?? origin!.sha256?.slice(0, 8)).toBe(inName);
      }
    }
  });
});

describe('looks', () => {
  const name = 'cifar-10-binary.tar.gz';
  const source = () => sourceById('cifar10-binary');

  test('in the data folder, in its sub-folders, then in the cache', async () => {
    const inCache = cachePath(source(), source().files[0]!, places.cacheDir);
    const inAlias = join(places.dataDir, 'cifar10', name);
    const inData = join(places.dataDir, name);
    const found = () => findSource(source(), places, 'cifar10')?.[0];
    expect(found()).toBeUndefined();
    for (const path of [inCache, inAlias, inData]) {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, 'x');
      expect(found()).toBe(path);
    }
  });

  test("warns of the user's own version of a data set", async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await writeFile(join(places.dataDir, name), 'a subset');
    const [file] = await locateSource('cifar10-binary', places);
    expect(file!.path).toBe(join(places.dataDir, name));
    expect(stderr.mock.calls.join()).toMatch(/warning: .*expected sha256 c4a38c50.*found sha256 /);
  });

  test('refuses damaged files of the cache and other weights than the official ones', async () => {
    const inCache = cachePath(source(), source().files[0]!, places.cacheDir);
    await mkdir(join(inCache, '..'), { recursive: true });
    await writeFile(inCache, 'damaged');
    const damaged =
      /data\/cifar10-binary\/cifar-10-binary\.tar\.gz is not the official file: expected sha256 c4a3/;
    await expect(locateSource('cifar10-binary', places)).rejects.toThrow(damaged);
    await writeFile(join(places.dataDir, 'resnet50-11ad3fa6.pth'), 'damaged');
    await expect(locateWeights('resnet50', places, 'resnet50.tv2_in1k')).rejects.toThrow(
      /expected sha256 starting 11ad3fa6, found sha256 .*gen-bench fetch resnet50\.tv2_in1k/,
    );
  });

  test('for weights of the right architecture only', async () => {
    await expect(locateWeights('resnet8', places)).rejects.toThrow(/for resnet8; none are known/);
    await expect(locateWeights('resnet50', places, 'resnet18.a1_in1k')).rejects.toThrow(
      /'resnet18\.a1_in1k' for resnet50; known are resnet50\.a1_in1k, resnet50\.tv2_in1k/,
    );
  });
});
