import type { DatasetFacts } from './definition.js';

/** Says on stderr where a set that was found is not of the official size. */
export function warnOfSubset(
  title: string,
  path: string,
  { trainSize, testSize }: DatasetFacts,
  [train, test]: readonly [number, number],
): void {
  if (train === trainSize && test === testSize) return;
  process.stderr.write(
    `warning: ${path} holds ${train} + ${test} images; the official ${title} has ${trainSize} + ${testSize}, ` +
      'so results do not compare with published ones\n',
  );
}
