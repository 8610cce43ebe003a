// `npm run setup`: everything a clone needs to run. This file and node-version.mjs are plain ES2015, so that a Node
// far too old prints one line about itself in place of a syntax error; the work is in setup.mjs.
import { nodeProblem } from './node-version.mjs';

const problem = nodeProblem(process.versions.node);
if (problem) {
  process.stderr.write(`[setup] error: ${problem}\n`);
  process.exitCode = 3;
} else {
  import('./setup.mjs').then((module) => module.main(process.argv.slice(2)));
}
