import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineSpec } from '../wheels.mjs';

const SETUP = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * A clone in a temporary folder with the real set-up and small stand-ins for everything else, a cache of its own, and
 * a PATH that holds Node and what the test puts there.
 */
export function fakeClone() {
  const root = mkdtempSync(join(tmpdir(), 'gen-bench-setup-'));
  const cache = join(root, 'cache');
  const bin = join(root, 'bin');
  const put = (path, text, mode) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  cpSync(SETUP, join(root, 'scripts/setup'), {
    recursive: true,
    filter: (path) => path !== join(SETUP, 'testing'),
  });
  put('package-lock.json', '{"packages":{"":{}}}');
  put('node_modules/.package-lock.json', '{"packages":{}}');
  put('node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_backend.cc', '');
  put('node_modules/node-api-headers/package.json', '{}');
  put(
    'node_modules/typescript/bin/tsc',
    "require('fs').mkdirSync('dist');require('fs').writeFileSync('dist/a.js','')",
  );
  put('src/a.ts', '');
  put('bin/.keep', '');
  symlinkSync(process.execPath, join(bin, 'node'));
  return {
    root,
    cache,
    put,
    remove: () => rmSync(root, { recursive: true, force: true }),
    /** Puts a shell script on the PATH; other programs it must call by path (`/bin/cp`). */
    program(name, script) {
      put(join('bin', name), `#!/bin/sh\n${script}\n`, 0o755);
      chmodSync(join(bin, name), 0o755);
    },
    /** An engine that looks whole. */
    engine() {
      const { name, wheels, arch } = engineSpec('cpu');
      const path = 'tensorflow/libtensorflow_cc.so.2';
      put(join('cache/engine', name, path), 'library');
      const info = statSync(join(cache, 'engine', name, path));
      const sha256 = createHash('sha256').update('library').digest('hex');
      const files = [{ path, bytes: info.size, mtimeMs: Math.floor(info.mtimeMs), sha256 }];
      const stamp = { tensorflow: wheels[0].version, device: 'cpu', arch, wheels, files };
      put(join('cache/engine', name, 'stamp.json'), JSON.stringify(stamp));
    },
    /** Runs set-up there; `lines` is what it wrote to stderr. */
    setup(args = [], env = {}) {
      return new Promise((resolve) => {
        const child = spawn(process.execPath, ['scripts/setup/main.mjs', ...args], {
          cwd: root,
          env: { HOME: root, PATH: bin, GEN_BENCH_CACHE: cache, GEN_BENCH_DEVICE: 'cpu', ...env },
        });
        let stderr = '';
        child.stderr.on('data', (text) => {
          stderr += text;
        });
        child.on('close', (exitCode) => resolve({ exitCode, lines: stderr.trim().split('\n') }));
      });
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
  };
}
