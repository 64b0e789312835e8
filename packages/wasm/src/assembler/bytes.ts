/**
 * A growing byte buffer with the encodings of the WebAssembly binary format:
 * LEB128 integers, little-endian floats, length-prefixed vectors and names.
 * https://webassembly.github.io/spec/core/binary/values.html
 */

export class ByteSink {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, copied. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    const { length } = values;
    this.#reserve(length);
    // Instructions are a few bytes: a loop costs less than a call of `set`.
    if (length > 16) this.#bytes.set(values, this.#length);
    else for (let i = 0; i < length; i++) this.#bytes[this.#length + i] = values[i] as number;
    this.#length += length;
  }

  append(other: ByteSink): void {
    this.bytes(other.#bytes.subarray(0, other.#length));
  }

  unsigned(value: number): void {
    if (value >= 0 && value < 0x80) this.byte(value);
    else this.bytes(unsignedLeb(value));
  }

  /** A vector in the format's sense: its count, then each element. */
  vector<E>(elements: readonly E[], write: (element: E) => void): void {
    this.unsigned(elements.length);
    for (const element of elements) write(element);
  }

  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.unsigned(encoded.length);
    this.bytes(encoded);
  }

  /** A section or body: the byte length of what `write` writes, then those bytes. */
  sized(write: (inner: ByteSink) => void): void {
    const inner = new ByteSink();
    write(inner);
    this.unsigned(inner.length);
    this.append(inner);
  }
}

/** LEB128 of an unsigned integer below 2^53. */
export function unsignedLeb(value: number): number[] {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${value}`);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** LEB128 of a signed integer; `bigint` for the 64-bit range. */
export function signedLeb(value: number | bigint): number[] {
  const bytes: number[] = [];
  if (typeof value === "number" && (value | 0) === value) {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    bytes.push(rest & 0x7f);
    return bytes;
  }
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

export function float32Bytes(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

export function float64Bytes(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [...new Uint8Array(view.buffer)];
}
