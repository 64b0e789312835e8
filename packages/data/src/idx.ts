/**
 * The idx format of the MNIST family: two zero bytes, a type code, the rank, the extents as big-endian uint32, then the
 * elements in row-major order. Only unsigned bytes (code 0x08) are read; that is what these data sets hold.
 *
 * Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", section "File formats".
 */

import { DataError, formatShape, type Shape } from "@prewitt/core";
import type { NdArray } from "./nd-array.ts";

/** Element types by code, to say what a file holds that is not read. */
const elementTypes: Readonly<Record<number, string>> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

export interface IdxExpectation {
  /** Extents that the file must have; `null` where any extent will do. */
  readonly shape?: readonly (number | null)[] | undefined;
}

const count = (n: number): string => n.toLocaleString("en-US");

function fail(file: string, summary: string, problems: readonly string[], fix: string): never {
  throw new DataError({ op: "idx", summary: `${file}: ${summary}`, problems, fix });
}

/** The extents in the header, checked. */
function headerOf(bytes: Uint8Array, file: string): Shape {
  const found = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join(" ");
  const code = bytes[2] as number;
  const rank = bytes[3] as number;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || elementTypes[code] === undefined || rank === 0) {
    fail(
      file,
      "not an idx file",
      [
        `it begins with ${found === "" ? "nothing: it is empty" : found}, an idx file of bytes with 00 00 08 and the rank`,
      ],
      "check that this is the file you mean, and that it was downloaded as a file and not as a web page",
    );
  }
  if (code !== 8) {
    fail(
      file,
      `holds ${elementTypes[code]} elements (code 0x0${code.toString(16)})`,
      ["only uint8 (0x08) is read"],
      "convert it to uint8",
    );
  }
  if (bytes.length < 4 + 4 * rank) {
    fail(
      file,
      "cut off inside the header",
      [`${count(bytes.length)} bytes found, the header alone has ${4 + 4 * rank}`],
      "get the file again",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
}

/**
 * Reads the bytes of an idx file, already decompressed; the result is a view of them. `file` names it in errors.
 *
 * Throws `DataError` when the bytes are no idx file, hold another element type, are fewer or more than the header says,
 * or have other extents than expected.
 *
 * @example const images = parseIdx(bytes, "train-images-idx3-ubyte", { shape: [null, 28, 28] });
 */
export function parseIdx(bytes: Uint8Array, file: string, expected: IdxExpectation = {}): NdArray<Uint8Array> {
  const shape = headerOf(bytes, file);
  const { shape: wanted } = expected;
  if (wanted !== undefined && (wanted.length !== shape.length || wanted.some((n, i) => n !== null && n !== shape[i]))) {
    const pattern = `[${wanted.map((n) => n ?? "any").join(", ")}]`;
    fail(
      file,
      "has other extents than expected",
      [`found ${formatShape(shape)}, expected ${pattern}`],
      "check that images and labels, training and test files are not exchanged",
    );
  }
  const start = 4 + 4 * shape.length;
  const size = shape.reduce((product, n) => product * n, 1);
  const found = bytes.length - start;
  if (found !== size) {
    const numbers = `${count(found)} bytes of data found, ${formatShape(shape)} needs ${count(size)}`;
    fail(file, found < size ? "cut off" : "longer than its header says", [numbers], "get the file again");
  }
  return { data: bytes.subarray(start), shape };
}
