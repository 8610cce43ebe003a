import { checkConfigFile, readConfigFile } from './load.js';
import type { Problem } from './problems.js';
import { checkSweepFile, isSweep } from './sweep.js';

/** Every problem of a config or sweep file, warnings included. */
export function checkFile(path: string): readonly Problem[] {
  const { root } = readConfigFile(path);
  return (isSweep(root) ? checkSweepFile(path) : checkConfigFile(path)).problems;
}
