import { MissingError } from '../errors.js';
import type { FileTree } from './files/tree.js';
import type { LabelledFiles } from './image-files.js';

/**
 * Images in a folder a class, for training and for testing. Classes are numbered in the order of their names.
 * @throws MissingError where a test class has no training folder
 */
export async function listFolders(
  trainTree: FileTree,
  testTree: FileTree,
  [trainFolder, testFolder]: readonly [string, string] = ['', ''],
): Promise<{ train: LabelledFiles; test: LabelledFiles; classes: readonly string[] }> {
  const train = await trainTree.classes(trainFolder);
  const test = await testTree.classes(testFolder);
  const numbers = new Map(train.classes.map((name, number) => [name, number]));
  const unknown = test.classes.find((name) => !numbers.has(name));
  if (unknown !== undefined) {
    throw new MissingError(
      `${testTree.path}: the class '${unknown}' has no folder for training in ${trainTree.path}`,
    );
  }
  const labels = test.labels.map((index) => numbers.get(test.classes[index]!)!);
  return {
    train: { tree: trainTree, names: train.names, labels: train.labels },
    test: { tree: testTree, names: test.names, labels },
    classes: train.classes,
  };
}
