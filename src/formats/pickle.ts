/**
 * A restricted reader of Python pickles (protocols 0 to 5; opcodes as in CPython's `pickletools`).
 *
 * A pickle is a program for a small stack machine that may name any Python function. Here only plain
 * containers, numbers, strings and bytes exist, and the only functions are those that the caller passes in
 * `globals`; every other opcode or name is refused, and nothing of the file is ever executed.
 */

/** None, bool, int, float, str and bytes, list and tuple (both arrays), dict, and what `globals` make. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleObject;

/** Something made by a `PickleGlobal`; its class says what. */
export abstract class PickleObject {
  /** The BUILD opcode: takes over the state that Python's `__reduce__` gave. */
  setState(_state: PickleValue): void {
    throw new PickleError(`${this.constructor.name} takes no state`);
  }
}

/** A function or class that the pickle may name; called by the REDUCE opcode. */
export class PickleGlobal extends PickleObject {
  constructor(
    readonly name: string,
    readonly call: (args: PickleValue[]) => PickleValue,
  ) {
    super();
  }
}

/** The pickle is damaged or asks for something refused. Readers turn it into an error that names the file. */
export class PickleError extends Error {}

export interface UnpickleOptions {
  /** By `module.name`, what the pickle may call; undefined refuses. */
  readonly globals?: (name: string) => PickleGlobal | undefined;
  /** Resolves a persistent id (PyTorch's storages). */
  readonly persistentLoad?: (id: PickleValue) => PickleValue;
}

/**
 * Reads one pickle from the start of `bytes`. Python 2 strings are decoded as latin1 (one byte, one character).
 * @returns the value and the number of bytes it took
 * @throws PickleError
 */
export function unpickle(
  bytes: Uint8Array,
  options: UnpickleOptions = {},
): { value: PickleValue; length: number } {
  const machine = new Machine(bytes, options);
  return { value: machine.run(), length: machine.position };
}

const STOP = 0x2e;
const MARK = Symbol('mark');
type StackItem = PickleValue | typeof MARK;

/** The stack machine; the table `actions` below says what each opcode does with it. */
class Machine {
  position = 0;
  readonly #stack: StackItem[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #bytes: Buffer;
  readonly #options: UnpickleOptions;

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
  }

  run(): PickleValue {
    for (;;) {
      const at = this.position;
      const opcode = this.take(1)[0]!;
      if (opcode === STOP) return this.pop();
      const action = actions.get(opcode);
      if (!action) {
        const shown = `0x${opcode.toString(16).padStart(2, '0')}`;
        throw new PickleError(`the pickle opcode ${shown} at byte ${at} is not supported here`);
      }
      action(this);
    }
  }

  /** The next `length` bytes of the pickle. */
  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#bytes.length) {
      throw new PickleError(`the pickle ends early, at byte ${this.#bytes.length}`);
    }
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  /** The bytes of an argument that starts with its length in `width` bytes. */
  counted(width: 1 | 4 | 8): Buffer {
    const prefix = this.take(width);
    return this.take(width === 8 ? Number(prefix.readBigUInt64LE()) : prefix.readUIntLE(0, width));
  }

  /** A text argument up to the end of its line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new PickleError('the pickle ends early, inside a line');
    const text = this.take(end - this.position).toString('latin1');
    this.position++;
    return text;
  }

  push(item: StackItem): void {
    this.#stack.push(item);
  }

  pop(): PickleValue {
    const item = this.#stack.pop();
    if (item === undefined || item === MARK) throw new PickleError('the pickle takes from an empty stack');
    return item;
  }

  /** The last `count` items, in the order they were pushed. */
  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  popToMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw new PickleError('the pickle looks for a mark that is not there');
    return this.#stack.splice(at).slice(1) as PickleValue[];
  }

  memoize(key = this.#memo.size): void {
    this.#memo.set(key, this.#top());
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw new PickleError(`the pickle recalls ${key}, which it never stored`);
    this.push(value);
  }

  pushGlobal(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new PickleError('the pickle names something by what is no text');
    }
    const found = this.#options.globals?.(`${module}.${name}`);
    if (!found) throw new PickleError(`the pickle names ${module}.${name}, which is refused`);
    this.push(found);
  }

  loadPersistent(): void {
    const load = this.#options.persistentLoad;
    if (!load) throw new PickleError('the pickle refers to outside storage, which is refused');
    this.push(load(this.pop()));
  }

  reduce(): void {
    const [callee, args] = this.popMany(2);
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) {
      throw new PickleError('the pickle calls something that is not a function');
    }
    this.push(callee.call(args));
  }

  build(): void {
    const state = this.pop();
    const target = this.#top();
    // An OrderedDict's own attributes (PyTorch's `_metadata`) have no use here.
    if (target instanceof Map) return;
    if (!(target instanceof PickleObject))
      throw new PickleError('the pickle sets the state of a plain value');
    target.setState(state);
  }

  append(items: PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw new PickleError('the pickle appends to something that is not a list');
    for (const item of items) list.push(item);
  }

  setItems(items: PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map))
      throw new PickleError('the pickle sets a key of something that is not a dict');
    for (const [key, value] of pairs(items)) dict.set(key, value);
  }

  #top(): PickleValue {
    const item = this.pop();
    this.push(item);
    return item;
  }
}

function* pairs(items: PickleValue[]): Generator<[PickleValue, PickleValue]> {
  if (items.length % 2) throw new PickleError('the pickle gives a key without a value');
  for (let i = 0; i < items.length; i += 2) yield [items[i]!, items[i + 1]!];
}

/** A Python int: a number where that is exact, else a bigint. */
function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Two's complement, little-endian, of any length. */
function longFromBytes(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return integer(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function integerFromText(text: string): PickleValue {
  if (text === '00' || text === '01') return text === '01'; // protocol 0 writes False and True so
  if (!/^-?\d+L?$/.test(text)) throw new PickleError(`the pickle writes '${text}' for a number`);
  return integer(BigInt(text.replace('L', '')));
}

/** A quoted Python 2 string without escapes other than the usual ones. */
function quotedString(text: string): string {
  const match = /^(['"])(.*)\1$/s.exec(text);
  if (!match) throw new PickleError('the pickle has a string without quotes');
  return match[2]!.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, escaped: string) => {
    if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    const plain = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' }[escaped];
    if (plain === undefined) throw new PickleError(`the pickle has the unknown escape '\\${escaped}'`);
    return plain;
  });
}

/** Protocol 0's text: latin1, the rest as \uXXXX or \UXXXXXXXX. */
function rawUnicode(text: string): string {
  return text.replace(
    /\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})/g,
    (_, short?: string, long?: string) => String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16)),
  );
}

function protocol(version: number): void {
  if (version > 5) throw new PickleError(`the pickle has protocol ${version}; 0 to 5 are known`);
}

type Action = (m: Machine) => void;

/** By the opcode's character or byte. */
const actions: ReadonlyMap<number, Action> = new Map(
  (
    [
      [0x80, (m) => protocol(m.take(1)[0]!)], // PROTO
      [0x95, (m) => m.take(8)], // FRAME: its length only helps streaming readers
      ['(', (m) => m.push(MARK)],
      ['0', (m) => m.pop()],
      ['1', (m) => m.popToMark()],
      // constants
      ['N', (m) => m.push(null)],
      [0x88, (m) => m.push(true)],
      [0x89, (m) => m.push(false)],
      // numbers
      ['I', (m) => m.push(integerFromText(m.line()))],
      ['L', (m) => m.push(integerFromText(m.line()))],
      ['J', (m) => m.push(m.take(4).readInt32LE())],
      ['K', (m) => m.push(m.take(1)[0]!)],
      ['M', (m) => m.push(m.take(2).readUInt16LE())],
      [0x8a, (m) => m.push(longFromBytes(m.counted(1)))],
      [0x8b, (m) => m.push(longFromBytes(m.counted(4)))],
      ['F', (m) => m.push(Number(m.line()))],
      ['G', (m) => m.push(m.take(8).readDoubleBE())],
      // text and bytes
      ['S', (m) => m.push(quotedString(m.line()))],
      ['T', (m) => m.push(m.counted(4).toString('latin1'))],
      ['U', (m) => m.push(m.counted(1).toString('latin1'))],
      ['V', (m) => m.push(rawUnicode(m.line()))],
      ['X', (m) => m.push(m.counted(4).toString('utf8'))],
      [0x8c, (m) => m.push(m.counted(1).toString('utf8'))],
      [0x8d, (m) => m.push(m.counted(8).toString('utf8'))],
      ['B', (m) => m.push(m.counted(4))],
      ['C', (m) => m.push(m.counted(1))],
      [0x8e, (m) => m.push(m.counted(8))],
      [0x96, (m) => m.push(m.counted(8))], // BYTEARRAY8
      // containers
      [']', (m) => m.push([])],
      [')', (m) => m.push([])],
      ['}', (m) => m.push(new Map())],
      ['l', (m) => m.push(m.popToMark())],
      ['t', (m) => m.push(m.popToMark())],
      ['d', (m) => m.push(new Map(pairs(m.popToMark())))],
      [0x85, (m) => m.push([m.pop()])],
      [0x86, (m) => m.push(m.popMany(2))],
      [0x87, (m) => m.push(m.popMany(3))],
      ['a', (m) => m.append([m.pop()])],
      ['e', (m) => m.append(m.popToMark())],
      ['s', (m) => m.setItems(m.popMany(2))],
      ['u', (m) => m.setItems(m.popToMark())],
      // memo
      ['p', (m) => m.memoize(Number(m.line()))],
      ['q', (m) => m.memoize(m.take(1)[0]!)],
      ['r', (m) => m.memoize(m.take(4).readUInt32LE())],
      [0x94, (m) => m.memoize()],
      ['g', (m) => m.recall(Number(m.line()))],
      ['h', (m) => m.recall(m.take(1)[0]!)],
      ['j', (m) => m.recall(m.take(4).readUInt32LE())],
      // functions: only those of `globals`
      ['c', (m) => m.pushGlobal(m.line(), m.line())],
      [0x93, (m) => m.pushGlobal(...(m.popMany(2) as [PickleValue, PickleValue]))],
      ['R', (m) => m.reduce()],
      ['b', (m) => m.build()],
      ['Q', (m) => m.loadPersistent()],
    ] as [number | string, Action][]
  ).map(([opcode, action]) => [typeof opcode === 'string' ? opcode.charCodeAt(0) : opcode, action]),
);
