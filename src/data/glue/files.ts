/** Finds a GLUE task's files: a folder, or what GLUE's own download script starts from. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { damaged, readWhole } from '../../formats/files.js';
import { readZipMember } from '../../formats/zip.js';
import type { LocalFile } from '../fetch.js';
import { locateSource, type Places } from '../sources.js';
import type { GlueTask } from './tasks.js';

/** One TSV file: its text, and its name for messages. */
interface GlueFile {
  readonly text: string;
  readonly path: string;
}

export interface GlueFiles {
  readonly train: GlueFile;
  /** In the order of the task's test splits. */
  readonly tests: readonly GlueFile[];
  readonly checksums: Readonly<Record<string, string>>;
}

/**
 * Reads a task's files from `<data-dir>/<task>`, `<data-dir>/glue_data/<task>` or `<data-dir>` itself, else from the
 * archive that GLUE publishes, fetched where it is absent.
 */
export async function readGlueFiles(task: GlueTask, places: Places): Promise<GlueFiles> {
  const folder = findFolder(task, places.dataDir);
  if (folder) return readFolder(task, folder);
  const files = await locateSource(task.source, places, { alias: task.folder });
  const checksums = Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]));
  if (task.source === 'glue-mrpc') return { ...(await splitMrpc(files)), checksums };
  const { path } = files[0]!;
  const member = async (name: string): Promise<GlueFile> => {
    const inside = `${task.folder}/${name}`;
    return { text: (await readZipMember(path, inside)).toString('utf8'), path: `${path}, ${inside}` };
  };
  const tests: GlueFile[] = [];
  for (const name of Object.values(task.tests)) tests.push(await member(name));
  return { train: await member(task.train), tests, checksums };
}

function findFolder(task: GlueTask, dataDir: string | undefined): string | undefined {
  if (dataDir === undefined) return undefined;
  const folders = [join(dataDir, task.folder), join(dataDir, 'glue_data', task.folder), dataDir];
  // a folder with one of the files is meant, so that an absent other one is named
  return folders.find((folder) =>
    [task.train, ...Object.values(task.tests)].some((name) => existsSync(join(folder, name))),
  );
}

async function readFolder(task: GlueTask, folder: string): Promise<GlueFiles> {
  const checksums: Record<string, string> = {};
  const read = async (name: string): Promise<GlueFile> => {
    const path = join(folder, name);
    const bytes = await readWhole(path);
    checksums[`${task.folder}/${name}`] = createHash('sha256').update(bytes).digest('hex');
    return { text: bytes.toString('utf8'), path };
  };
  const tests: GlueFile[] = [];
  for (const name of Object.values(task.tests)) tests.push(await read(name));
  return { train: await read(task.train), tests, checksums };
}

/** GLUE's MRPC: the corpus's training file, of which GLUE lists the pairs of ids that are for development. */
async function splitMrpc(files: readonly LocalFile[]): Promise<Pick<GlueFiles, 'train' | 'tests'>> {
  const [corpus, list] = files as [LocalFile, LocalFile];
  const ids = (await readWhole(list.path)).toString('utf8').split(/\r?\n/);
  const isDev = new Set(ids.filter((line) => line !== '').map((line) => line.replace('\t', ' ')));
  const [header, ...lines] = (await readWhole(corpus.path)).toString('utf8').split(/\r?\n/);
  const parts = { train: [header], dev: [header] };
  let found = 0;
  for (const line of lines) {
    if (line === '') continue;
    const [, first, second] = line.split('\t');
    const dev = isDev.has(`${first} ${second}`);
    if (dev) found++;
    parts[dev ? 'dev' : 'train'].push(line);
  }
  if (found === 0) throw damaged(list.path, `names no pair of ${corpus.path}`);
  const file = (part: readonly (string | undefined)[]): GlueFile => ({
    text: `${part.join('\n')}\n`,
    path: corpus.path,
  });
  return { train: file(parts.train), tests: [file(parts.dev)] };
}
