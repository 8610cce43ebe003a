/** Readers of the vocabulary files that tokenizers are made of. */
import { UsageError } from '../errors.js';
import { damaged, readWhole } from '../formats/files.js';

export type Vocabulary = ReadonlyMap<string, number>;

/** `{"token": id, …}` (`encoder.json`, `vocab.json`); every id from 0 to the size − 1 once. */
export async function readJsonVocabulary(path: string): Promise<Vocabulary> {
  let entries: [string, unknown][];
  try {
    entries = Object.entries((JSON.parse((await readWhole(path)).toString('utf8')) ?? {}) as object);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(path, `is not JSON: ${error.message}`);
    throw error;
  }
  const seen = new Set<number>();
  for (const [token, id] of entries) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= entries.length) {
      throw damaged(
        path,
        `gives «${token}» the id ${String(id)}, expected a whole number below ${entries.length}`,
      );
    }
    if (seen.has(id as number)) throw damaged(path, `gives the id ${id as number} twice`);
    seen.add(id as number);
  }
  return new Map(entries as [string, number][]);
}

/** A token a line, its id the line's number from 0 (`vocab.txt`). */
export async function readLineVocabulary(path: string): Promise<Vocabulary> {
  const lines = (await readWhole(path)).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const vocabulary = new Map(lines.map((line, i) => [line.replace(/\r$/, ''), i]));
  if (vocabulary.size !== lines.length) throw damaged(path, 'has a token twice');
  return vocabulary;
}

/** `#version: 0.2`, then a pair of symbols a line, the first merge first (`vocab.bpe`, `merges.txt`). */
export async function readMerges(path: string): Promise<[string, string][]> {
  const lines = (await readWhole(path)).toString('utf8').split('\n');
  const merges: [string, string][] = [];
  lines.forEach((line, i) => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return;
    const [left, right, ...rest] = line.split(' ');
    if (!left || !right || rest.length > 0)
      throw damaged(path, `line ${i + 1} is not a pair of symbols: «${line}»`);
    merges.push([left, right]);
  });
  return merges;
}

/** @throws UsageError where a model has fewer embeddings than the tokenizer has ids */
export function requireFit(tokenizer: string, ids: number, vocabSize: number | undefined): void {
  if (vocabSize !== undefined && vocabSize < ids) {
    throw new UsageError(
      `the tokenizer ${tokenizer} gives ids up to ${ids - 1}, but the model has only ${vocabSize} embeddings; ` +
        `choose a model of at least ${ids}, or weights with this tokenizer's vocabulary`,
    );
  }
}
