/**
 * NumPy's npy format: a magic text, a version, the length of the header, the header as a Python dictionary
 * { 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } padded to 64 bytes, then the elements.
 *
 * numpy/lib/format.py, versions 1.0 to 3.0.
 */

import { constantNode, type DType, formatShape, sizeOf, type Tensor } from "@prewitt/core";
import { decodeElements, elementDType, elementSize, type FileElement, littleEndianBytes } from "../files/elements.ts";
import { count, type Fail, shown } from "../files/file-error.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_LIMIT = 65536;
const RANK_LIMIT = 64;

const elements: ReadonlyMap<string, FileElement> = new Map<string, FileElement>([
  ["f8", "float64"],
  ["f4", "float32"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["u8", "uint64"],
  ["i4", "int32"],
  ["u4", "uint32"],
  ["i2", "int16"],
  ["u2", "uint16"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "bool"],
]);

const descriptions: Readonly<Record<DType, string>> = {
  float64: "<f8",
  float32: "<f4",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};

interface Header {
  readonly element: FileElement;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** Where the header's text lies. */
function headerRange(bytes: Uint8Array, fail: Fail): [begin: number, end: number] {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return fail("no npy array", "it does not begin with \\x93NUMPY");
  if (bytes.length < 12) return fail("cut off inside the header", `${bytes.length} bytes found`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = bytes[6] as number;
  if (version < 1 || version > 3) return fail("no npy array", `its version is ${version}; 1 to 3 are read`);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > HEADER_LIMIT) return fail("no npy array", `its header has ${count(length)} bytes`);
  if (begin + length > bytes.length)
    return fail(
      "cut off inside the header",
      `${count(bytes.length)} bytes found, the header ends at ${begin + length}`,
    );
  return [begin, begin + length];
}

function parseHeader(text: string, fail: Fail): Header {
  const damaged = (): never => fail("the header is damaged", shown(text.trim()));
  const fields = new Map<string, string>();
  const body = /^\{(.*)\}\s*$/s.exec(text.trim())?.[1] ?? damaged();
  const field = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\)|\[[^\]]*\])\s*(?:,|$)/y;
  while (field.lastIndex < body.trimEnd().length) {
    const found = field.exec(body);
    if (found === null || fields.has(found[1] as string)) return damaged();
    fields.set(found[1] as string, found[2] as string);
  }
  const [descr = "", order = "", shape = ""] = ["descr", "fortran_order", "shape"].map((key) => fields.get(key));
  if (fields.size !== 3 || !/^(True|False)$/.test(order) || !shape.startsWith("(")) return damaged();
  const extents = (shape.match(/\d+/g) ?? []).map(Number);
  if (extents.length > RANK_LIMIT || !extents.every(Number.isSafeInteger)) return damaged();
  const [, endian, code = ""] = /^'([<>|=])(\w+)'$/.exec(descr) ?? [];
  const element = elements.get(code);
  if (element === undefined || endian === "=" || (endian === "|" && elementSize(element) > 1)) {
    const known = [...elements.keys()].join(", ");
    return fail(`its elements are ${shown(descr)}`, `${known} are read`, "convert it with astype and save it again");
  }
  return { element, bigEndian: endian === ">", fortran: order === "True", shape: extents };
}

/** The array in the bytes of an npy file. `fail` throws for what is damaged. */
export function parseNpy(bytes: Uint8Array, fail: Fail): Tensor {
  const [begin, end] = headerRange(bytes, fail);
  const { element, bigEndian, fortran, shape } = parseHeader(
    new TextDecoder("latin1").decode(bytes.subarray(begin, end)),
    fail,
  );
  const needed = sizeOf(shape) * elementSize(element);
  const found = bytes.length - end;
  if (found !== needed) {
    fail(
      found < needed ? "cut off" : "longer than its header says",
      `${count(found)} bytes of data found, ${element} ${formatShape(shape)} needs ${count(needed)}`,
    );
  }
  try {
    const data = decodeElements(bytes.subarray(end), element, bigEndian);
    if (!fortran || shape.length < 2) return constantNode(data, shape, elementDType(element));
    // Columns first: the array's transpose, row by row.
    return constantNode(data, [...shape].reverse(), elementDType(element)).transpose();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail("cannot be read", error.message);
  }
}

/** The parts of an npy file that holds `x`. */
export async function npyChunks(x: Tensor): Promise<[header: Uint8Array, elements: Uint8Array]> {
  const extents = `(${x.shape.join(", ")}${x.shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${descriptions[x.dtype]}', 'fortran_order': False, 'shape': ${extents}, }`;
  const size = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = new Uint8Array(size).fill(0x20);
  header.set(MAGIC);
  header.set([1, 0, (size - 10) & 255, (size - 10) >> 8], 6);
  header.set(new TextEncoder().encode(text), 10);
  header[size - 1] = 0x0a;
  return [header, littleEndianBytes(await x.data())];
}
