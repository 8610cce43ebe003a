import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What reports read of `provenance.json`; a key that another version does not write reads as unknown. */
const provenanceSchema = z.looseObject({
  version: z.string().catch('unknown'),
  gitCommit: z.string().nullable().catch(null),
  gitDirty: z.boolean().nullable().catch(null),
  node: z.string().catch('unknown'),
  tensorflow: z.string().catch('unknown'),
  device: z.string().catch('unknown'),
  cpu: z.string().catch('unknown'),
  threads: z.number().catch(0),
  precision: z.string().catch('unknown'),
  compiled: z.boolean().catch(true),
  checksums: z.record(z.string(), z.string()).catch({}),
  command: z.string().catch('unknown'),
  fidelity: z.array(z.string()).catch([]),
});

type Provenance = z.output<typeof provenanceSchema>;

/** Of each run in `dirs` that has one. */
export function readProvenances(dirs: readonly string[]): Provenance[] {
  return dirs
    .map((dir) => join(dir, 'provenance.json'))
    .filter((path) => existsSync(path))
    .map((path) => provenanceSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
}

/** Each distinct text with the number of runs that have it, e.g. `0.1.0 (12 runs), 0.2.0 (2 runs)`. */
function counted(texts: readonly string[]): { distinct: number; text: string } {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const parts = [...counts].map(([text, count]) => `${text} (${count} run${count === 1 ? '' : 's'})`);
  return { distinct: counts.size, text: parts.join(', ') };
}

/** Version, commit and whether it had local changes. */
export const program = ({ version, gitCommit, gitDirty }: Provenance) =>
  `${version}${gitCommit ? ` ${gitCommit.slice(0, 7)}` : ''}${gitDirty ? ' with local changes' : ''}`;

/** Processor, threads and TensorFlow. */
export const machine = ({ device, cpu, threads, tensorflow, compiled }: Provenance) =>
  `${device}, ${cpu}, ${threads} threads, TensorFlow ${tensorflow}${compiled ? '' : ', eager'}`;

/** What speaks against comparing the runs in `dirs`, a sentence each: other programs, data or machines; cut data. */
export function provenanceNotes(dirs: readonly string[]): string[] {
  const found = readProvenances(dirs);
  const notes: string[] = [];
  const programs = counted(found.map(program));
  if (programs.distinct > 1)
    notes.push(`the runs are not all by the same version of gen-bench: ${programs.text}`);
  const data = counted(found.map(({ checksums }) => JSON.stringify(Object.entries(checksums).sort())));
  if (data.distinct > 1)
    notes.push('the runs did not all read the same data files (checksums in provenance.json)');
  const machines = counted(found.map(machine));
  if (machines.distinct > 1) notes.push(`times are not comparable, the machines differ: ${machines.text}`);
  for (const text of new Set(found.flatMap(({ fidelity }) => fidelity))) notes.push(text);
  return notes;
}
