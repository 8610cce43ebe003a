/** Parsers of option values, shared by commands. */
import { InvalidArgumentError } from 'commander';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number ≥ 1.');
  }
  return value;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number ≥ 0.');
  return Number(text);
}

/** The number of a table or figure in the paper. */
export function paperNumber(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('expected a number, as in the paper.');
  return Number(text);
}

/** `0,1,2` */
export function seedList(text: string): number[] {
  const seeds = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  if (!seeds.every((seed) => seed <= 0xffffffff)) {
    throw new InvalidArgumentError(
      'expected whole numbers from 0 to 4294967295 separated by commas, e.g. 0,1,2.',
    );
  }
  if (new Set(seeds).size !== seeds.length) throw new InvalidArgumentError('a seed is given twice.');
  return seeds;
}

/** The command line as it was typed, for provenance.json. */
export function commandLine(): string {
  return ['gen-bench', ...process.argv.slice(2)]
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
