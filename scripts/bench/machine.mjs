import { cpus, totalmem } from 'node:os';

/** The machine in a few words, for the head of results. */
export function machine() {
  const [cpu] = cpus();
  return `${cpu.model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.version}`;
}
