import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { engineState, installEngine } from './engine.mjs';

// A wheel of a few bytes, and a python3 on the PATH whose pip delivers it; the unpacking is the real one.
const scratch = mkdtempSync(join(tmpdir(), 'gen-bench-engine-'));
const realPath = process.env.PATH;
const log = join(scratch, 'downloads');
const spec = { name: '1.0-cpu', device: 'cpu', arch: 'x64', bytesNeeded: 1000, wheels: [] };

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true); // progress lines
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim();
  const wheel = join(scratch, 'tensorflow.whl');
  const program = `import zipfile
with zipfile.ZipFile(${JSON.stringify(wheel)}, 'w') as z:
    z.writestr('tensorflow/libtensorflow_cc.so.2', 'cc')
    z.writestr('tensorflow/libtensorflow_framework.so.2', 'framework')
    z.writestr('tensorflow/include/tensorflow/c/c_api.h', '')
    z.writestr('tensorflow/python/unwanted.py', '')
    i = zipfile.ZipInfo('nvidia/cuda_nvcc/bin/ptxas')
    i.external_attr = 0o100755 << 16
    z.writestr(i, '')`;
  execFileSync(python, ['-c', program]);
  const sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  spec.wheels = [{ project: 'tensorflow', version: '1.0', bytes: 500, sha256 }];
  const fake = `#!/bin/sh
case "$*" in
  --version) echo Python 3.11.7;;
  "-m pip --version") echo pip 23.2 from x;;
  "-m pip download "*)
    echo "$@" >> ${log}; /bin/sleep 0.1
    while [ "$1" != --dest ]; do shift; done; exec /bin/cp ${wheel} "$2";;
  *) exec ${python} "$@";;
esac
`;
  writeFileSync(join(scratch, 'python3'), fake);
  chmodSync(join(scratch, 'python3'), 0o755);
  process.env.PATH = `${scratch}:${realPath}`;
});

afterAll(() => {
  process.env.PATH = realPath;
  rmSync(scratch, { recursive: true });
});

let folder;
let count = 0;
beforeEach(() => {
  folder = join(scratch, `cache-${count++}`, 'engine', spec.name);
  writeFileSync(log, '');
});
const downloads = () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean);
const library = () => join(folder, 'tensorflow/libtensorflow_cc.so.2');
const state = async () => (await engineState(spec, folder)).state;

test('an engine is downloaded, checked and unpacked; no wheel or temporary folder is left', async () => {
  expect(await state()).toBe('missing');
  await installEngine(spec, folder);
  expect(await state()).toBe('ok');
  expect(readdirSync(join(folder, '..'))).toEqual([spec.name]);
  expect(readdirSync(join(folder, 'tensorflow')).sort()).toEqual([
    'include',
    'libtensorflow_cc.so.2',
    'libtensorflow_framework.so.2',
  ]);
  execFileSync('/bin/sh', ['-c', `test -x ${join(folder, 'nvidia/cuda_nvcc/bin/ptxas')}`]);
  expect(downloads()[0]).toMatch(
    /--python-version 3.11 .*--platform manylinux_2_27_x86_64 .*tensorflow==1.0$/,
  );
});

test('two at the same time download once', async () => {
  await Promise.all([installEngine(spec, folder), installEngine(spec, folder)]);
  expect(await state()).toBe('ok');
  expect(downloads()).toHaveLength(1);
});

test.each([
  ['longer', () => appendFileSync(library(), 'x')],
  ['of the same length but changed', () => writeFileSync(library(), 'CC') ?? utimesSync(library(), 1, 1)],
  ['gone', () => rmSync(library())],
  ['without its stamp', () => rmSync(join(folder, 'stamp.json'))],
])('a library that is %s is damaged, and installed again', async (_, damage) => {
  await installEngine(spec, folder);
  damage();
  expect(await state()).toBe('damaged');
  await installEngine(spec, folder);
  expect(await state()).toBe('ok');
  expect(readdirSync(join(folder, '..'))).toEqual([spec.name]);
});

test('a copy with other times is whole', async () => {
  await installEngine(spec, folder);
  utimesSync(library(), 1, 1);
  expect(await state()).toBe('ok');
});

test('an engine from other wheels than those pinned is not taken', async () => {
  await installEngine(spec, folder);
  const pinned = { ...spec, wheels: [{ ...spec.wheels[0], sha256: '0'.repeat(64) }] };
  expect((await engineState(pinned, folder)).state).toBe('damaged');
});

test('too small a disk is said before anything is downloaded', async () => {
  await expect(installEngine({ ...spec, bytesNeeded: 1e18 }, folder)).rejects.toThrow(
    /not enough disk: .* needs 1000000000.0 GB/,
  );
  expect(downloads()).toEqual([]);
});
