#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

module.enableCompileCache?.(); // from Node 22.1 on: compiled code is kept for the next start

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(entry)) {
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('gen-bench is not built yet. Run in its folder: npm run setup\n');
  process.exitCode = 3;
}
