/** Millions of file names in little memory: their bytes one after the other, and where each ends. */
export class PackedNames {
  readonly #text: Buffer;

  constructor(
    readonly bytes: Uint8Array,
    /** [N] */
    readonly ends: Int32Array,
  ) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static from(names: Iterable<string>): PackedNames {
    let bytes = Buffer.alloc(1 << 12);
    let ends = new Int32Array(1 << 7);
    let count = 0;
    let used = 0;
    for (const name of names) {
      // A UTF-16 unit takes at most three bytes.
      if (used + name.length * 3 > bytes.length) bytes = Buffer.concat([bytes], (used + name.length * 3) * 2);
      used += bytes.write(name, used);
      if (used > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes of file names`);
      if (count === ends.length) {
        const longer = new Int32Array(count * 2);
        longer.set(ends);
        ends = longer;
      }
      ends[count++] = used;
    }
    return new PackedNames(bytes.subarray(0, used), ends.slice(0, count));
  }

  get length(): number {
    return this.ends.length;
  }

  at(index: number): string {
    const start = index === 0 ? 0 : this.ends[index - 1]!;
    return this.#text.toString('utf8', start, this.ends[index]!);
  }

  *[Symbol.iterator](): Generator<string> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** Index of the first name that is not before `name`, where the names are sorted as JavaScript sorts strings. */
  lowerBound(name: string): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const MAX_BYTES = 2 ** 31 - 1;
