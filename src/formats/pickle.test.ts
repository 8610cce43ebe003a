import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testdata } from '../testing/oracle-files.js';
import { PickleError, PickleGlobal, type PickleValue, unpickle } from './pickle.js';
import { NumpyArray, numpyGlobals } from './pickle-numpy.js';

const numpy = { globals: (name: string) => numpyGlobals.get(name) };
const protocols = [0, 1, 2, 3, 4, 5];
const pickle = (text: string) => Buffer.from(text, 'latin1');

describe('reads what CPython wrote', () => {
  test.each(protocols)('plain values, protocol %i', (protocol) => {
    const { value, length } = unpickle(readFileSync(testdata(`plain-${protocol}.pkl`)), numpy);
    expect(length).toBe(readFileSync(testdata(`plain-${protocol}.pkl`)).length);
    const plain = Object.fromEntries(value as Map<string, PickleValue>);
    expect(plain.bytes).toEqual(Buffer.from([0, 255]));
    expect(plain).toMatchObject({
      none: null,
      yes: true,
      no: false,
      small: 7,
      negative: -70000,
      big: 2n ** 70n,
      bigNegative: -(2n ** 65n),
      float: 0.1,
      text: 'grüße',
      list: [1, [2, 'x']],
      tuple: [1, 2, 3, 4],
      pair: [5, 6],
      empty: [],
      dict: new Map([[1, new Map([[2, 3]])]]),
    });
  });

  test.each(protocols)('NumPy arrays, protocol %i', (protocol) => {
    const { value } = unpickle(readFileSync(testdata(`array-${protocol}.pkl`)), numpy);
    const floats = (value as Map<string, PickleValue>).get('a') as NumpyArray;
    expect(floats).toBeInstanceOf(NumpyArray);
    expect(floats.shape).toEqual([2, 2]);
    expect(floats.data).toEqual(Float32Array.of(1.5, -2, 0.25, 3));
    const integers = (value as Map<string, PickleValue>).get('i') as NumpyArray;
    expect(integers.data).toEqual(BigInt64Array.of(0n, 1n, 2n));
  });
});

describe('refuses', () => {
  const cases: [string, string, string][] = [
    ['a shell command', "cos\nsystem\n(S'true'\ntR.", 'names os.system, which is refused'],
    ['a global by STACK_GLOBAL', '\x8c\x02os\x8c\x06system\x93.', 'names os.system, which is refused'],
    ['INST', '(ios\nsystem\n.', 'opcode 0x69 at byte 1'],
    ['OBJ', '(N\x6f.', 'opcode 0x6f at byte 2'],
    ['NEWOBJ', 'N)\x81.', 'opcode 0x81 at byte 2'],
    ['EXT1', '\x82\x01.', 'opcode 0x82 at byte 0'],
    ['an out-of-band buffer', '\x97.', 'opcode 0x97 at byte 0'],
    ['an unknown protocol', '\x80\x09N.', 'protocol 9'],
    ['calling a value', 'K\x01)R.', 'calls something that is not a function'],
    ['state on a list', ']Nb.', 'sets the state of a plain value'],
    ['a persistent id', 'K\x01Q.', 'outside storage'],
    ['a truncated pickle', 'X\xff\xff\xff\x7fabc', 'ends early'],
    ['no end', '', 'ends early'],
    ['an empty stack', '.', 'empty stack'],
    ['a missing mark', 'K\x01t.', 'mark that is not there'],
    ['an unknown memo', 'h\x05.', 'recalls 5'],
    ['a key without value', '}(K\x01u.', 'a key without a value'],
    ['a wrong number', 'Iabc\n.', "'abc' for a number"],
  ];
  test.each(cases)('%s', (_, text, message) => {
    const read = () => unpickle(pickle(text), numpy);
    expect(read).toThrow(PickleError);
    expect(read).toThrow(message);
  });

  test('numpy.ndarray called directly, wrong lengths and orders', () => {
    expect(() => unpickle(pickle('cnumpy\nndarray\n(K\x02tR.'), numpy)).toThrow('refused');
    const array = (dtype: string, order: string, shape: string, fortran = '\x89') =>
      `cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n)U\x01b\x87R(K\x01${shape}` +
      `cnumpy\ndtype\nU\x02${dtype}\x85R(K\x03U\x01${order}tb${fortran}U\x02abtb.`;
    const read = (...args: Parameters<typeof array>) => unpickle(pickle(array(...args)), numpy).value;
    expect((read('u1', '|', 'K\x02\x85') as NumpyArray).data).toEqual(Uint8Array.of(97, 98));
    expect(() => read('u1', '|', 'K\x03\x85')).toThrow('holds 2 elements');
    expect(() => read('i2', '>', 'K\x01\x85')).toThrow('big-endian');
    expect(() => read('O8', '|', 'K\x01\x85')).toThrow("NumPy type 'O8'");
    expect(() => read('u1', '|', 'K\x01K\x02\x86', '\x88')).toThrow('Fortran');
  });
});

test('calls only the functions that it was given', () => {
  const add = new PickleGlobal('m.add', ([a, b]) => Number(a) + Number(b));
  const globals = (name: string) => (name === 'm.add' ? add : undefined);
  expect(unpickle(pickle('cm\nadd\nK\x02K\x03\x86R.'), { globals }).value).toBe(5);
});
