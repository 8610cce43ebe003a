import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeClone } from './testing/fake-clone.mjs';
import { engineSpec } from './wheels.mjs';

// Any addon that loads stands in for the one that the compiler would make.
const require = createRequire(createRequire(import.meta.url).resolve('@resvg/resvg-js'));
const ADDON = require.resolve(`@resvg/resvg-js-linux-${process.arch}-gnu`);

let clone;
beforeEach(() => {
  clone = fakeClone();
});
afterEach(() => clone.remove());

const python = (pip) =>
  clone.program(
    'python3',
    `case "$*" in --version) echo Python 3.11.7;; *"pip --version") echo pip 23.2 from x;; ${pip} esac`,
  );
const compiler = (script) =>
  clone.program('g++', `case "$*" in --version) echo "g++ 12";; *) for last; do :; done; ${script};; esac`);

/** Set-up ends with that message on one line, and with that exit code. */
async function expectError(message, { exitCode = 3, args = [], env = {} } = {}) {
  const result = await clone.setup(args, env);
  const [last] = result.lines.slice(-1);
  expect(last).toMatch(/^\[setup\] error: /);
  expect(last).toMatch(message);
  expect(result.lines.filter((line) => !line.startsWith('[setup] '))).toEqual([]);
  expect(result.exitCode).toBe(exitCode);
}

describe('usage', () => {
  test('an unknown argument', () =>
    expectError(/unknown argument --fast/, { args: ['--fast'], exitCode: 2 }));
  test('an unknown device', () =>
    expectError(/cpu or cuda/, { env: { GEN_BENCH_DEVICE: 'gpu' }, exitCode: 2 }));
});

describe('what the engine needs', () => {
  test('no Python', () => expectError(/python3 was not found .*apt-get install python3/));

  test('a Python that does not run', () => {
    clone.program('python3', 'echo "pyenv: version 3.9 is not installed" >&2; exit 1');
    return expectError(/python3 is on the PATH but does not run \(pyenv: version 3.9 is not installed\)/);
  });

  test('no pip', () => {
    clone.program('python3', 'if [ "$1" = --version ]; then echo Python 3.11.7; else exit 1; fi');
    return expectError(/python3 3.11.7 has no pip.*apt-get install python3-pip/);
  });

  test('a pip too old', () => {
    clone.program(
      'python3',
      'if [ "$1" = --version ]; then echo Python 3.7.3; else echo pip 18.1 from x; fi',
    );
    return expectError(/pip 18.1 is too old.*--upgrade pip/);
  });

  test('no network', () => {
    python('*) echo "NewConnectionError: name resolution" >&2; exit 1;;');
    return expectError(/no network: .*tensorflow-cpu==/);
  });

  test('a wrong checksum, with nothing left behind', async () => {
    python('*) while [ "$1" != --dest ]; do shift; done; echo no > "$2/x.whl";;');
    await expectError(/wrong checksum: .*expected 2b847d21|wrong checksum: .*expected 4b24aca1/);
    expect(readdirSync(join(clone.cache, 'engine'))).toEqual([]);
  });

  test('a cache that cannot be written', () => {
    python('*) exit 1;;');
    writeFileSync(join(clone.root, 'file'), '');
    return expectError(/cannot write .*set GEN_BENCH_CACHE/, {
      env: { GEN_BENCH_CACHE: join(clone.root, 'file/cache') },
    });
  });

  test('what a killed set-up left is removed', async () => {
    const leftover = join(clone.cache, 'engine', `.${engineSpec('cpu').name}.${hostname()}.4194305`);
    mkdirSync(leftover, { recursive: true });
    python('*) exit 1;;');
    await expectError(/pip could not download/);
    expect(existsSync(leftover)).toBe(false);
  });
});

describe('what the packages need', () => {
  beforeEach(() => {
    clone.engine();
    clone.put('node_modules/.package-lock.json', '');
  });

  test('npm', () => expectError(/npm was not found/));

  test('a network', () => {
    clone.program('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
    return expectError(/no network: npm could not reach/);
  });

  test('an install cut short is not taken for done', async () => {
    clone.program('npm', 'kill -9 $$');
    await expectError(/npm ci failed/);
    expect(existsSync(join(clone.root, 'node_modules/.package-lock.json'))).toBe(false);
  });
});

describe('what the addon and the build need', () => {
  beforeEach(() => clone.engine());

  test('no compiler', () => expectError(/no C\+\+ compiler .*apt-get install g\+\+/));

  test('a compiler that fails', () => {
    compiler('echo "a.cc:1:10: fatal error: vector: No such file" >&2; exit 1');
    return expectError(/g\+\+ could not compile .*fatal error: vector/);
  });

  test('an addon that does not load', () => {
    compiler('echo junk > "$last"');
    return expectError(/does not load: .*(header|too short)/);
  });

  test('a compile error in the sources is a defect', () => {
    compiler(`/bin/cp ${ADDON} "$last"`);
    clone.put(
      'node_modules/typescript/bin/tsc',
      "console.log('src/a.ts(1,1): error TS1: no');process.exit(2)",
    );
    return expectError(/the build failed: src\/a.ts\(1,1\)/, { exitCode: 1 });
  });
});

test('all in place: ready; the second time nothing is run', async () => {
  clone.engine();
  compiler(`/bin/cp ${ADDON} "$last"`);
  const first = await clone.setup();
  expect(first.lines.at(-1)).toMatch(/^\[setup\] ready \(\S+-cpu/);
  expect(first.exitCode).toBe(0);

  clone.program('g++', 'exit 1');
  clone.put('node_modules/typescript/bin/tsc', 'process.exit(1)');
  const startMs = performance.now();
  const second = await clone.setup();
  expect(second).toEqual({ exitCode: 0, lines: [expect.stringMatching(/^\[setup\] ready/)] });
  expect(performance.now() - startMs).toBeLessThan(1500);

  clone.put('src/b.ts', '');
  expect((await clone.setup()).lines.at(-1)).toMatch(/the build failed/);
});
