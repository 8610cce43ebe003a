import { z } from 'zod';
import type { DatasetDefinition } from '../definition.js';
import { requireTokenizer, textOptions, textSplit } from '../text/batches.js';
import { readGlueFiles } from './files.js';
import { type GlueTask, glueTasks } from './tasks.js';
import { parseGlue } from './tsv.js';

const options = z.strictObject(textOptions);

type GlueDefinition = DatasetDefinition<typeof options>;

function defineGlue(task: GlueTask): GlueDefinition {
  const { name, description } = task;
  return {
    name,
    description,
    options,
    sources: [task.source],
    facts: ({ limit }) => ({
      numClasses: task.labels.length,
      trainSize: Math.min(task.trainSize, limit ?? Number.POSITIVE_INFINITY),
      testSize: Math.min(task.testSize, limit ?? Number.POSITIVE_INFINITY),
    }),
    async create(chosen, context) {
      const tokenizer = requireTokenizer(context.tokenizer, name);
      const { train, tests, checksums } = await readGlueFiles(task, context);
      const split = ({ text, path }: { text: string; path: string }) =>
        textSplit(parseGlue(text, path, task), tokenizer, chosen, path);
      const [test, ...further] = tests.map(split);
      const names = Object.keys(task.tests).slice(1);
      return {
        name,
        train: split(train),
        test: test!,
        furtherTests: Object.fromEntries(further.map((other, i) => [names[i]!, other])),
        numClasses: task.labels.length,
        checksums: { ...checksums, ...tokenizer.checksums },
      };
    },
  };
}

const definitions = Object.fromEntries(glueTasks.map((task) => [task.name, defineGlue(task)]));

/** GLUE's tasks as data sets by name. */
export const glue = definitions as Record<(typeof glueTasks)[number]['name'], GlueDefinition>;
