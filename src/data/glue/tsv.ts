import { damaged } from '../../formats/files.js';
import type { TextExample } from '../text/batches.js';
import type { GlueTask } from './tasks.js';

/**
 * The examples of one of GLUE's TSV files. Quotes are ordinary characters there: a field may begin with one that never
 * ends. Some files start with a byte order mark, some lines end with a carriage return.
 *
 * @param path named in errors
 * @throws MissingError with file and line for a wrong number of columns, an unknown label, or no examples at all
 */
export function parseGlue(text: string, path: string, task: GlueTask): TextExample[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const header = task.columns ?? lines[0]?.replace(/\r$/, '').split('\t') ?? [];
  const wanted = [task.first, task.label, ...(task.second === undefined ? [] : [task.second])];
  const absent = wanted.filter((column) => !header.includes(column));
  if (absent.length > 0) {
    throw damaged(
      path,
      `line 1 names no column ${absent.join(', ')} (GLUE ${task.name}); found ${header.join(', ')}`,
    );
  }
  const [first, label, second] = wanted.map((column) => header.indexOf(column)) as [number, number, number?];
  const classes = new Map(task.labels.map((name, index) => [name, index]));
  const start = task.columns ? 0 : 1;
  const examples = lines.slice(start).map((line, i): TextExample => {
    const where = `line ${start + i + 1}`;
    const fields = line.replace(/\r$/, '').split('\t');
    if (fields.length !== header.length) {
      throw damaged(path, `${where} has ${fields.length} columns, expected ${header.length}`);
    }
    const index = classes.get(fields[label]!);
    if (index === undefined) {
      throw damaged(
        path,
        `${where} has the label «${fields[label]}», expected one of ${task.labels.join(', ')}`,
      );
    }
    return {
      first: fields[first]!,
      ...(second === undefined ? {} : { second: fields[second]! }),
      label: index,
    };
  });
  if (examples.length === 0) throw damaged(path, 'has no examples');
  return examples;
}
