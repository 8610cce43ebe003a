import { statSync } from 'node:fs';
import { damaged } from './files.js';

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * A name that a list or an archive gives, with `/` between its parts and without a leading `./`.
 * @throws MissingError where it is absolute or climbs out with '..'; `listPath` is who says so
 */
export function safeName(name: string, listPath: string): string {
  const plain = name.replace(/^(\.\/)+/, '');
  if (plain.startsWith('/') || /^[A-Za-z]:|\\|\0/.test(plain) || plain.split('/').includes('..')) {
    throw damaged(listPath, `has the unsafe file name '${name}'`);
  }
  return plain;
}
