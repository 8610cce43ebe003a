import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testdata } from '../testing/oracle-files.js';
import { cifar10Format, cifar100Format, parseCifarBinary, parseCifarPython } from './cifar.js';

function record(label: number, first: number): Buffer {
  return Buffer.from([label, ...Array.from({ length: 3072 }, (_, i) => (first + i) % 256)]);
}

test('binary records become pixels with their three colours together', () => {
  const { labels, pixels } = parseCifarBinary(
    Buffer.concat([record(3, 0), record(9, 5)]),
    'x',
    cifar10Format,
  );
  expect([...labels]).toEqual([3, 9]);
  expect(pixels).toHaveLength(2 * 3072);
  // Pixel 1 of image 0: bytes 1, 1024 + 1 and 2048 + 1 of the planes.
  expect([...pixels.subarray(3, 6)]).toEqual([1, 1025 % 256, 2049 % 256]);
  expect(pixels[3072]).toBe(5);
});

test('the Python 2 pickle gives the same as the binary version', () => {
  // The oracle script's images count up over both records.
  const python = parseCifarPython(readFileSync(testdata('cifar-python2.pkl')), 'x', cifar10Format);
  const binary = parseCifarBinary(Buffer.concat([record(3, 0), record(9, 3072)]), 'x', cifar10Format);
  expect(python).toEqual(binary);
});

test('of the two labels of CIFAR-100 the fine one counts', () => {
  const records = Buffer.concat([Buffer.from([19]), record(99, 0), Buffer.from([3]), record(42, 7)]);
  const { labels, pixels } = parseCifarBinary(records, 'x', cifar100Format);
  expect([...labels]).toEqual([99, 42]);
  expect([pixels[0], pixels[3072]]).toEqual([0, 7]);
  const python10 = readFileSync(testdata('cifar-python2.pkl'), 'latin1');
  const python100 = Buffer.from(python10.replace('U\x06labels', 'U\x0bfine_labels'), 'latin1');
  expect([...parseCifarPython(python100, 'x', cifar100Format).labels]).toEqual([3, 9]);
  expect(() => parseCifarPython(python100, 'x', cifar10Format)).toThrow(/x: has no 2 'labels'/);
  expect(() => parseCifarBinary(records, 'x', { ...cifar100Format, classes: 50 })).toThrow(
    /image 0 has the label 99, expected 0 to 49/,
  );
});

test.each([
  ['a wrong length', record(1, 0).subarray(1), /x: has 3072 bytes, expected a multiple of 3073/],
  ['nothing', Buffer.alloc(0), /x: has 0 bytes/],
  ['a wrong label', Buffer.concat([record(1, 0), record(10, 0)]), /x: image 1 has the label 10/],
])('refuses %s', (_, bytes, message) => {
  expect(() => parseCifarBinary(bytes, 'x', cifar10Format)).toThrow(message);
});

test.each([
  ['another pickle', readFileSync(testdata('plain-2.pkl')), /x: has no 'data'/],
  ['a list', Buffer.from('].'), /x: does not hold a dict/],
  ['no pickle', Buffer.from('hello'), /x: the pickle/],
])('refuses %s', (_, bytes, message) => {
  expect(() => parseCifarPython(bytes, 'x', cifar10Format)).toThrow(message);
});
