import { inspect } from 'node:util';
import fc from 'fast-check';
import { GenBenchError } from '../errors.js';

/** Inputs of each property: a few hundred in `npm test`, ten thousand in `npm run test:fuzz`. */
const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 300);

/** Of the processor, as machines may be busy. No input here is large: what takes longer has gone astray. */
const LIMIT_MS = 2000;
/** A message for people: a screen, not a dump of the input. */
const LIMIT_CHARACTERS = 4000;
/** Growth of the process's largest memory over a whole property. */
const LIMIT_KB = 600_000;

/**
 * Runs `read` on an input. It may succeed, or refuse with an error that a user is shown: exit code 2 or 3, a message of
 * reasonable length without a stack trace. Anything else, or taking long, is a finding.
 */
export async function expectReadOrRefused(read: () => unknown): Promise<void> {
  const started = process.cpuUsage();
  try {
    await read();
  } catch (error) {
    if (!(error instanceof GenBenchError)) throw error;
    if (error.exitCode !== 2 && error.exitCode !== 3) throw new Error(`exit code ${error.exitCode}`);
    if (error.message === '' || error.message.length > LIMIT_CHARACTERS) {
      throw new Error(`a message of ${error.message.length} characters: ${error.message.slice(0, 300)}`);
    }
    if (/\n\s+at \S+ \(/.test(error.message))
      throw new Error(`a stack trace: ${error.message.slice(0, 500)}`);
  }
  const ms = process.cpuUsage(started).user / 1000;
  if (ms > LIMIT_MS) throw new Error(`took ${Math.round(ms)} ms`);
}

/** Checks a property on many inputs, in bounded memory. The seed is fixed: a failure is one for everybody. */
export async function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  const seed = Number(process.env.FUZZ_SEED ?? 1);
  let found: { value: T; error: unknown } | undefined;
  const property = fc.asyncProperty(input, async (value) => {
    try {
      await check(value);
    } catch (error) {
      found = { value, error };
      throw error;
    }
  });
  // not `assert`: it prints the input whole, which may be megabytes
  const { failed, counterexamplePath } = await fc.check(property, {
    numRuns: FUZZ_RUNS,
    seed,
    endOnFailure: true,
  });
  if (failed) {
    const shown = inspect(found?.value, { maxArrayLength: 200, maxStringLength: 2000, depth: 8 });
    const message = `input ${counterexamplePath} of seed ${seed}: ${found?.error}\n${shown}`;
    throw new Error(message, { cause: found?.error });
  }
  const grown = process.resourceUsage().maxRSS - before;
  if (grown > LIMIT_KB) throw new Error(`memory grew by ${Math.round(grown / 1000)} MB`);
}

/** Changes to a sequence: cut out, put in, repeated, at places given as fractions of its length. */
interface Edit<Part> {
  readonly at: number;
  readonly remove: number;
  readonly insert: Part;
  readonly repeat: number;
}

const edits = <Part>(insert: fc.Arbitrary<Part>): fc.Arbitrary<Edit<Part>[]> =>
  fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.oneof(fc.constant(0), fc.nat({ max: 8 }), fc.nat({ max: 2000 })),
      insert,
      repeat: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.nat({ max: 5000 })),
    }),
    { minLength: 1, maxLength: 5 },
  );

/** `base` with a few random changes; `words` are put in more often than random characters. */
export function mutatedText(bases: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  const insert = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...words, '') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  );
  return fc.tuple(fc.constantFrom(...bases), edits(insert)).map(([base, changes]) =>
    changes.reduce((text, { at, remove, insert: word, repeat }) => {
      const place = Math.floor(at * text.length);
      return text.slice(0, place) + word.repeat(repeat) + text.slice(place + remove);
    }, base),
  );
}

/** `base` with a few random changes of bytes. */
export function mutatedBytes(
  bases: readonly Uint8Array[],
  words: readonly Uint8Array[] = [],
): fc.Arbitrary<Buffer> {
  const insert = fc.oneof(
    fc.uint8Array({ maxLength: 16 }),
    fc.constantFrom(...words, new Uint8Array(0), new Uint8Array(8).fill(255), new Uint8Array(8)),
  );
  return fc.tuple(fc.constantFrom(...bases), edits(insert)).map(([base, changes]) =>
    changes.reduce((bytes, { at, remove, insert: part, repeat }) => {
      const place = Math.floor(at * bytes.length);
      const overwrite = remove === 0 ? 0 : Math.max(remove, part.length);
      const middle = Array.from({ length: Math.min(repeat, 500) }, () => part);
      return Buffer.concat([bytes.subarray(0, place), ...middle, bytes.subarray(place + overwrite)]);
    }, Buffer.from(base)),
  );
}
