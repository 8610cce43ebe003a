/** Files of data and weights, damaged at random or made to harm: a MissingError that names the file, nothing else. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError } from '../errors.js';
import { cifar10Format, parseCifarBinary, parseCifarPython } from '../formats/cifar.js';
import { parseIdx } from '../formats/idx.js';
import { parseMat } from '../formats/mat.js';
import { parsePpm } from '../formats/ppm.js';
import { readPytorchCheckpoint } from '../formats/pytorch-checkpoint.js';
import { readSafetensors } from '../formats/safetensors.js';
import { readTarMembers } from '../formats/tar.js';
import { tarEntries } from '../formats/tar-index.js';
import { unpackTarGz } from '../formats/unpack.js';
import { readZipMember, storedZipRanges } from '../formats/zip.js';
import { expectReadOrRefused, fuzz, mutatedBytes } from '../testing/fuzz.js';
import { testdata } from '../testing/oracle-files.js';
import { readJsonVocabulary, readLineVocabulary, readMerges } from '../text/vocabulary.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true }));
const sample = (name: string) => readFileSync(new URL(`../formats/testdata/${name}`, import.meta.url));
const ascii = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));
let count = 0;

/** Gives the bytes to `read` as a file. */
async function asFile(bytes: Uint8Array, ending: string, read: (path: string) => unknown): Promise<void> {
  const path = join(dir, `${count++ % 8}${ending}`);
  writeFileSync(path, bytes);
  await expectReadOrRefused(() => read(path));
}

async function readAll(path: string, open: typeof readSafetensors): Promise<void> {
  for (const entry of (await open(path)).values()) await entry.read();
}

describe('safetensors', () => {
  const header = (text: string, data = 16) => {
    const json = Buffer.from(text);
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([prefix, json, Buffer.alloc(data)]);
  };

  it('with changed bytes', async () => {
    const words = ascii(
      '"',
      '{',
      '}',
      '[',
      ']',
      '9999999999999999999',
      '-1',
      '0.5',
      '"F32"',
      '"U64"',
      'null',
      '__proto__',
    );
    await fuzz(mutatedBytes([sample('state.safetensors')], words), (bytes) =>
      asFile(bytes, '.safetensors', (path) => readAll(path, readSafetensors)),
    );
  });

  it('with any header', async () => {
    const offset = fc.oneof(
      fc.nat({ max: 16 }),
      fc.maxSafeInteger(),
      fc.double(),
      fc.constantFrom(-1, 2 ** 53),
    );
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record({
        dtype: fc.oneof(fc.constantFrom('F32', 'BOOL', 'F16', 'X', 'constructor'), fc.string()),
        shape: fc.array(offset, { maxLength: 4 }),
        data_offsets: fc.array(offset, { maxLength: 3 }),
      }),
    );
    const name = fc.oneof(fc.string(), fc.constantFrom('__metadata__', '__proto__', 'a', 'b'));
    await fuzz(fc.dictionary(name, entry, { noNullPrototype: true }), (value) =>
      asFile(header(JSON.stringify(value)), '.safetensors', (path) => readAll(path, readSafetensors)),
    );
  });

  it.each([
    ['many faults', `{${Array.from({ length: 20_000 }, (_, i) => `"t${i}": 1`).join(',')}}`],
    ['a long name', `{"${'x'.repeat(1_000_000)}": {"dtype": "X", "shape": [], "data_offsets": [0, 4]}}`],
    ['a long shape', `{"a": {"dtype": "F32", "shape": [${'1,'.repeat(200_000)}1], "data_offsets": [0, 8]}}`],
    ['deep nesting', `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    [
      'an empty tensor of a huge shape',
      '{"a": {"dtype": "F32", "shape": [0, 9007199254740991], "data_offsets": [0, 0]}}',
    ],
  ])('refuses %s', async (_, text) => {
    await asFile(header(text), '.safetensors', (path) => readAll(path, readSafetensors));
  });
});

describe('pickles', () => {
  const opcodes = ascii(
    ...[
      '(',
      '.',
      ']',
      '}',
      ')',
      'l',
      't',
      'd',
      'a',
      'e',
      's',
      'u',
      'R',
      'b',
      'Q',
      'p0\n',
      'g0\n',
      'q\0',
      'h\0',
      '0',
      '1',
    ],
    ...[
      'I1\n',
      'I01\n',
      'L99L\n',
      'F1e999\n',
      "S'a'\n",
      'Vx\\u00e9\n',
      'N',
      '\x88',
      '\x85',
      '\x86',
      '\x87',
      '\x93',
      '\x94',
    ],
    ...[
      '\x8a\xff',
      '\x8b\xff\xff\xff\x7f',
      'B\xff\xff\xff\xff',
      '\x8e\xff\xff\xff\xff\xff\xff\xff\xff',
      'X\x02\0\0\0ab',
    ],
    ...[
      'cos\nsystem\n',
      'cbuiltins\neval\n',
      'ctorch\nFloatStorage\n',
      'cnumpy\nndarray\n',
      'cnumpy\ndtype\n',
    ],
    ...[
      'ccollections\nOrderedDict\n',
      'ctorch._utils\n_rebuild_tensor_v2\n',
      'ctorch._utils\n_rebuild_parameter\n',
    ],
    ...['cnumpy.core.multiarray\n_reconstruct\n', 'cnumpy.core.numeric\n_frombuffer\n', 'c_codecs\nencode\n'],
    ...[
      'U\x07storage',
      'U\x02f4',
      'U\x01<',
      'K\x05',
      'M\xff\xff',
      'J\xff\xff\xff\xff',
      'G\x7f\xf0\0\0\0\0\0\0',
    ],
  );

  it('of changed bytes, as CIFAR batches and checkpoints', async () => {
    const samples = [
      'array-0.pkl',
      'array-2.pkl',
      'array-5.pkl',
      'plain-0.pkl',
      'plain-5.pkl',
      'cifar-python2.pkl',
    ];
    await fuzz(mutatedBytes(samples.map(sample), opcodes), async (bytes) => {
      await expectReadOrRefused(() => parseCifarPython(bytes, 'data_batch_1', cifar10Format));
    });
    await fuzz(mutatedBytes(['state-legacy.pth', 'nested.pth', 'state.pth'].map(sample), opcodes), (bytes) =>
      asFile(bytes, '.pth', (path) => readAll(path, readPytorchCheckpoint)),
    );
  });

  it('of any opcodes', async () => {
    const program = fc
      .array(fc.constantFrom(...opcodes), { maxLength: 40 })
      .map((parts) => Buffer.concat(parts));
    await fuzz(program, (bytes) =>
      expectReadOrRefused(() => parseCifarPython(bytes, 'data_batch_1', cifar10Format)),
    );
  });

  const doubling = Buffer.from(`]q\0${'h\0h\0\x86q\0'.repeat(60)}h\0\x8c\x01x\x93.`, 'latin1');
  it.each([
    ['a name that doubles', doubling],
    [
      'a type that doubles',
      Buffer.from(`cnumpy\ndtype\n]q\0${'h\0h\0\x86q\0'.repeat(60)}h\0\x85R.`, 'latin1'),
    ],
    ['a name nested deeply', Buffer.from(`]${'\x85'.repeat(200_000)}\x8c\x01x\x93.`, 'latin1')],
    ['a list inside itself', Buffer.from(']q\0h\0a.', 'latin1')],
    ['a dict nested deeply', Buffer.from(`${'}]'.repeat(100_000)}${'s'.repeat(100_000)}.`, 'latin1')],
    ['a number of many digits', Buffer.from(`I${'9'.repeat(300_000)}\n.`)],
    [
      'an array of negative lengths',
      Buffer.from(
        'cnumpy.core.numeric\n_frombuffer\n(C\x01acnumpy\ndtype\nU\x02u1\x85RJ\xff\xff\xff\xffJ\xff\xff\xff\xff\x86U\x01CtR.',
        'latin1',
      ),
    ],
  ])('refuses %s', async (_, bytes) => {
    await expectReadOrRefused(() => parseCifarPython(bytes, 'data_batch_1', cifar10Format));
    expect(() => parseCifarPython(bytes, 'data_batch_1', cifar10Format)).toThrow(MissingError);
  });

  it('refuses a tensor that repeats one number a billion times', async () => {
    const text = sample('state-legacy.pth').toString('latin1');
    // shape and strides of a tensor, both in one-byte numbers, become a billion and zero
    const [shape, strides] = ['K\x02K\x03\x86', 'K\x03K\x01\x86'];
    expect(text).toContain(shape);
    const huge = text
      .replace(shape as string, 'J\x00\xca\x9a\x3bK\x01\x86')
      .replace(strides as string, 'K\x00K\x00\x86');
    await asFile(Buffer.from(huge, 'latin1'), '.pth', (path) => readAll(path, readPytorchCheckpoint));
  });
});

describe('arrays', () => {
  const idx = Buffer.concat([Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]), Buffer.alloc(6)]);
  it('idx', async () => {
    await fuzz(mutatedBytes([idx, gzipSync(idx)]), (bytes) =>
      expectReadOrRefused(() => parseIdx(bytes, 'x-ubyte')),
    );
  });

  const matElement = (type: number, data: Buffer) => {
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(type);
    tag.writeUInt32LE(data.length, 4);
    return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  };
  const matrix = matElement(
    14,
    Buffer.concat([
      matElement(6, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])),
      matElement(5, Buffer.from([2, 0, 0, 0, 3, 0, 0, 0])),
      matElement(1, Buffer.from('X')),
      matElement(2, Buffer.from([1, 2, 3, 4, 5, 6])),
    ]),
  );
  const matHeader = Buffer.alloc(128);
  matHeader.writeUInt16LE(0x0100, 124);
  matHeader.write('IM', 126);
  const compressed = deflateSync(matrix);
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15);
  tag.writeUInt32LE(compressed.length, 4);
  const mats = [Buffer.concat([matHeader, matrix]), Buffer.concat([matHeader, tag, compressed])];

  it('mat', async () => {
    expect(parseMat(mats[0]!, 'a.mat').get('X')?.shape).toEqual([2, 3]);
    await fuzz(mutatedBytes(mats), (bytes) => expectReadOrRefused(() => parseMat(bytes, 'a.mat')));
  });

  it('ppm', async () => {
    const image = Buffer.concat([Buffer.from('P6\n# comment\n2 2\n255\n'), Buffer.alloc(12)]);
    const words = ascii('#', '\n', ' ', '99999999999999999999', '0', '65536');
    await fuzz(mutatedBytes([image], words), (bytes) => expectReadOrRefused(() => parsePpm(bytes, 'a.ppm')));
    await expectReadOrRefused(() => parsePpm(Buffer.from(`P6 ${'9'.repeat(200_000)} 1 255 `), 'a.ppm'));
  });

  it('CIFAR', async () => {
    await fuzz(mutatedBytes([Buffer.alloc(2 * 3073)]), (bytes) =>
      expectReadOrRefused(() => parseCifarBinary(bytes, 'data_batch_1.bin', cifar10Format)),
    );
  });
});

describe('archives', () => {
  let plain: Buffer;
  let zip: Buffer;
  beforeAll(async () => {
    const archive = tar.pack();
    for (const name of ['a/one.txt', `long/${'n'.repeat(150)}.txt`])
      archive.entry({ name }, 'content'.repeat(20));
    archive.finalize();
    plain = await buffer(archive);
    const path = join(dir, 'sample.zip');
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED); z.writestr("a/b", "hello" * 99); z.writestr("bomb", bytes(100_000_000)); z.close()';
    execFileSync('python3', ['-c', script, path]);
    zip = readFileSync(path);
  });

  it('tar', async () => {
    const words = ascii('../', '/etc/', 'x'.repeat(200), '77777777777', '\x80\xff', 'ustar\0', '2', '1', 'L');
    await fuzz(mutatedBytes([plain, gzipSync(plain)], words), async (bytes) => {
      await asFile(bytes, '.tar', (path) => readTarMembers(path, () => true));
      await asFile(bytes, '.tar', (path) => [...tarEntries(path)]);
    });
  });

  it('tar.gz, unpacked nowhere but where it should be', async () => {
    let n = 0;
    await fuzz(
      mutatedBytes([gzipSync(plain, { level: 0 }), gzipSync(plain)], ascii('../', '/', 'ustar')),
      (bytes) => asFile(bytes, '.tgz', (path) => unpackTarGz(path, join(dir, 'unpacked', String(n++)))),
    );
  });

  it('zip', async () => {
    const small = testdata('state.pth');
    await fuzz(
      mutatedBytes([readFileSync(small)], ascii('PK\x01\x02', 'PK\x05\x06', '../', '\xff\xff')),
      (bytes) =>
        asFile(bytes, '.zip', async (path) => {
          await storedZipRanges(path);
          await readZipMember(path, 'state/data.pkl');
        }),
    );
  });

  it('refuses what unpacks to far more than it is', async () => {
    const zeros = Buffer.alloc(300_000_000);
    await expect(parseIdx(gzipSync(zeros), 'bomb')).rejects.toThrow(MissingError);
    const path = join(dir, 'bomb.zip');
    writeFileSync(path, zip);
    await expect(readZipMember(path, 'bomb')).rejects.toThrow(/bomb/);
    const archive = tar.pack();
    archive.entry({ name: 'bomb' }, zeros);
    archive.finalize();
    const bomb = join(dir, 'bomb.tar.gz');
    writeFileSync(bomb, gzipSync(await buffer(archive)));
    await expect(readTarMembers(bomb, () => true)).rejects.toThrow(/bomb/);
  });
});

describe('vocabularies', () => {
  it('of changed text', async () => {
    const words = ascii(
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '\n',
      ' ',
      '1e99',
      '-1',
      'null',
      '__proto__',
      '\xff',
    );
    await fuzz(
      mutatedBytes(ascii('{"a": 0, "b": 1, "ab": 2}', '[]', 'null', '#version: 0.2\na b\nab c\n'), words),
      async (bytes) => {
        await asFile(bytes, '.json', readJsonVocabulary);
        await asFile(bytes, '.txt', readLineVocabulary);
        await asFile(bytes, '.bpe', readMerges);
      },
    );
  });
});
