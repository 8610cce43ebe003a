#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';

/** What the commands that answer at once import first, under dist/. */
const FIRST = {
  validate: 'config/check-file.js',
  explain: 'config/explain.js',
  table: 'report/table.js',
  compare: 'report/compare.js',
};

module.enableCompileCache?.(); // from Node 22.1 on: compiled code is kept for the next start

const dist = new URL('../dist/', import.meta.url);
if (existsSync(new URL('cli/main.js', dist))) {
  const [command] = process.argv.slice(2);
  // `require` reads hundreds of modules in one go, a sixth faster than `import`. Node 22.12 would warn.
  const require = createRequire(dist);
  const load = process.version.startsWith('v22.12.')
    ? (path) => import(new URL(path, dist).href)
    : (path) => require(`./${path}`);
  if (Object.hasOwn(FIRST, command)) await load(FIRST[command]);
  const { main } = await load('cli/main.js');
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('gen-bench is not built yet. Run in its folder: npm run setup\n');
  process.exitCode = 3;
}
