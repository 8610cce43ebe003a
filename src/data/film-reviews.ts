/**
 * 10,605 sentences of film reviews (the source of SST), each with the mean rating of 20 readers from −4 to 4 (Hutto and
 * Gilbert 2014, "VADER"), as the PyPI package `vadersentiment` has them (MIT). The sign of the rating is the class:
 * negative 0, positive 1; those rated 0 are left out. Split by `splitByHash`.
 */
import { damaged } from '../formats/files.js';
import type { TextExample } from './text/batches.js';
import { defineLabelledTexts } from './text/labelled-texts.js';

export const filmReviews = defineLabelledTexts({
  name: 'film-reviews',
  description:
    'sentences of film reviews, negative or positive, from a Python package; 8,453 to train, 2,113 to test',
  numClasses: 2,
  trainSize: 8453,
  testSize: 2113,
  parse: async (bytes, path) => parseFilmReviews(bytes.toString('utf8'), path),
});

/** Lines of id, mean rating and sentence, separated by tabs. */
function parseFilmReviews(text: string, path: string): TextExample[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const examples = lines.flatMap((line, i): TextExample[] => {
    const fields = line.replace(/\r$/, '').split('\t');
    if (fields.length !== 3) {
      throw damaged(path, `line ${i + 1} has ${fields.length} columns, expected id, rating and sentence`);
    }
    const rating = Number(fields[1]);
    if (fields[1]!.trim() === '' || !(Math.abs(rating) <= 4)) {
      throw damaged(path, `line ${i + 1} has the rating «${fields[1]}», expected −4 to 4`);
    }
    return rating === 0 ? [] : [{ first: fields[2]!, label: rating > 0 ? 1 : 0 }];
  });
  if (examples.length === 0) throw damaged(path, 'has no examples');
  return examples;
}
