import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GeneratedCorpus } from './corpus.js';
import { ptbTokens } from './ptb-tokenizer.js';
import type { MetricDefinition } from './types.js';

export const meteorMetric: MetricDefinition = {
  name: 'meteor',
  description: 'METEOR of generated texts: matches of words, stems, synonyms and paraphrases; needs Java',
  better: 'higher',
  percent: false,
};

/** Where METEOR 1.5 is. */
export interface MeteorProgram {
  /** meteor-1.5.jar */
  readonly jar: string;
  /** paraphrase-en.gz */
  readonly paraphrases: string;
}

const javaCommand = () => (process.env.JAVA_HOME ? `${process.env.JAVA_HOME}/bin/java` : 'java');

/** Whether there is a Java to run METEOR with. */
export async function hasJava(): Promise<boolean> {
  const java = spawn(javaCommand(), ['-version'], { stdio: 'ignore' });
  return new Promise((resolve) => {
    java.on('error', () => resolve(false));
    java.on('close', (code) => resolve(code === 0));
  });
}

/**
 * METEOR of a corpus (Denkowski and Lavie 2014) by the authors' own program, on the same tokens as MS-COCO's scorer.
 * From 0 to 1.
 *
 * @throws Error with the program's own words where it fails
 */
export async function meteor(corpus: GeneratedCorpus, program: MeteorProgram): Promise<number> {
  const args = ['-Xmx2G', '-jar', program.jar, '-', '-', '-stdio', '-l', 'en', '-norm'];
  const java = spawn(javaCommand(), [...args, '-a', program.paraphrases], { stdio: 'pipe' });
  const complaints: Buffer[] = [];
  java.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const ended = new Promise<never>((_, reject) => {
    const fail = (reason: string) => reject(new Error(`METEOR: ${reason}`));
    java.on('error', (error) => fail(error.message));
    java.on('close', (code) => fail(`ended with ${code}: ${Buffer.concat(complaints).toString().trim()}`));
  });
  ended.catch(() => {}); // it ends in any case; its failure matters while it is awaited
  java.stdin.on('error', () => {}); // said by `ended`
  const lines = createInterface(java.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await Promise.race([lines.next(), ended]);
    return done ? ended : value; // its output ends before it does
  };
  try {
    const statistics: string[] = [];
    for (const [i, hypothesis] of corpus.hypotheses.entries()) {
      const texts = [...corpus.references[i]!, hypothesis].map((text) => ptbTokens(text).join(' '));
      java.stdin.write(`SCORE ||| ${texts.map((text) => text.replaceAll('|||', '')).join(' ||| ')}\n`);
      statistics.push(await next());
    }
    java.stdin.write(`EVAL ||| ${statistics.join(' ||| ')}\n`);
    // a score for every text, then that of them all
    for (let i = 0; i < statistics.length; i++) await next();
    return Number(await next());
  } finally {
    java.kill();
  }
}
