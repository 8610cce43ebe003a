import type { ByteSource } from '../decode/bytes.js';
import type { PackedNames } from './names.js';

/** Files below a folder, or in an archive as if it were one. Names have `/` between their parts. */
export interface FileTree {
  /** The folder or archive, for messages. */
  readonly path: string;
  /** The whole of a small file. @throws MissingError where it is absent */
  read(name: string): Promise<Buffer>;
  /** Where the bytes of a file are. @throws MissingError where an archive lacks it; a folder's files are not looked up */
  locate(name: string): ByteSource;
  /** The images in the folders directly in `folder`. @throws MissingError where there are none */
  classes(folder: string): Promise<ClassFiles>;
}

/** Images sorted into a folder a class. */
export interface ClassFiles {
  /** Names of the folders, sorted. */
  readonly classes: readonly string[];
  /** Names of the images in the tree, by class, then name. */
  readonly names: PackedNames;
  /** [N] index of the class of each image */
  readonly labels: Int32Array;
}

/** What counts as an image in a folder; what of it cannot be decoded is an error when it is read. */
export function isImageName(name: string): boolean {
  return /\.(jpe?g|png|ppm|webp|tiff?|gif|avif|bmp|pgm)$/i.test(name);
}
