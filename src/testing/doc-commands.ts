import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A command line that a page shows in a code block. */
export interface DocCommand {
  /** `README.md:31` */
  readonly where: string;
  readonly program: 'gen-bench' | 'npm';
  /** What follows the program, split as a shell would. */
  readonly words: readonly string[];
}

const commandLine = /^\s*(?:-\s+)?(?:run:\s+)?(?:\$\s+)?(?:npx\s+)?(gen-bench|npm)\s+(\S.*)$/;

/** The `gen-bench` and `npm` commands in the code blocks of a Markdown page, or anywhere in a YAML file. */
export function docCommands(path: string, root: string): DocCommand[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  let inBlock = !path.endsWith('.md');
  return lines.flatMap((line, i): DocCommand[] => {
    if (/^\s*```/.test(line)) {
      inBlock = !inBlock;
      return [];
    }
    const found = inBlock ? commandLine.exec(line) : null;
    if (!found) return [];
    const text = withContinuations([found[2] as string, ...lines.slice(i + 1)]);
    const program = found[1] as DocCommand['program'];
    return [{ where: `${path}:${i + 1}`, program, words: split(withoutRemark(text)) }];
  });
}

function withContinuations([line = '', ...rest]: readonly string[]): string {
  return line.endsWith('\\') ? `${line.slice(0, -1).trimEnd()} ${withContinuations(rest).trim()}` : line;
}

/** A remark stands behind a #, or behind a gap in a table of commands; pipes and the like are the shell's. */
function withoutRemark(text: string): string {
  return text.replace(/\s+#\s.*$|\s{2,}.*$/, '').replace(/\s+(?:[|>&]|&&).*$/, '');
}

function split(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
}

/** `configs/*.yaml` as the shell would expand it, below `root`. */
export function expandStar(word: string, root: string): string[] {
  if (!basename(word).includes('*')) return [word];
  const [start = '', end = ''] = basename(word).split('*');
  return readdirSync(join(root, dirname(word)))
    .filter((name) => name.startsWith(start) && name.endsWith(end))
    .map((name) => join(dirname(word), name));
}
