/**
 * The safetensors format: a little-endian uint64 with the length of the header, the header as JSON
 * { name: { dtype, shape, data_offsets: [begin, end] }, "__metadata__": { … } }, then the elements, little-endian and
 * row-major, without gaps.
 *
 * huggingface/safetensors, README "Format". As its writer does, tensors are ordered by falling element size and then by
 * name, and the header is padded with spaces, so that every tensor is aligned to its element size.
 */

import {
  allocate,
  byteSize,
  constantNode,
  DataError,
  type DType,
  formatShape,
  sizeOf,
  type Tensor,
  type TypedArray,
} from "@prewitt/core";

/** Tensors by name, and what the writer noted about the file. */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const codes: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};
const dtypesByCode = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

/** Longest header that the reference reader accepts. */
const HEADER_LIMIT = 100_000_000;
const METADATA = "__metadata__";

const count = (n: number): string => n.toLocaleString("en-US");

/** Whether typed arrays of this machine are stored as the format wants them. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function bytesOf(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return littleEndian ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}

/**
 * The bytes of a file that holds `tensors`, which are evaluated. Names keep no order.
 *
 * @example const bytes = await encodeSafetensors(model.stateDict(), { epoch: "3" });
 */
export async function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const names = Object.keys(tensors).sort((a, b) => {
    const order = byteSize((tensors[b] as Tensor).dtype) - byteSize((tensors[a] as Tensor).dtype);
    return order !== 0 ? order : a < b ? -1 : 1;
  });
  if (names.includes(METADATA)) {
    throw new DataError({
      op: "safetensors",
      summary: `"${METADATA}" is the name of the notes, not of a tensor`,
      fix: "rename the tensor",
    });
  }
  // Without a prototype, so that a tensor may have any name.
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let size = 0;
  for (const name of names) {
    const { dtype, shape, size: elements } = tensors[name] as Tensor;
    const end = size + elements * byteSize(dtype);
    header[name] = { dtype: codes[dtype], shape, data_offsets: [size, end] };
    size = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + size).fill(0x20, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(text, 8);
  let at = 8 + padded;
  for (const name of names) {
    const bytes = bytesOf(await (tensors[name] as Tensor).data());
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * Reads the bytes of a safetensors file; `file` names it in errors.
 *
 * Throws `DataError` when the file is cut off or too long, its header is damaged or contradicts itself, or an element
 * type is none of F64, F32, I32, U8 and BOOL.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsContent {
  const { header, start } = headerOf(bytes, file);
  const { [METADATA]: notes, ...rest } = header;
  const entries = Object.entries(rest).map(([name, value]) => [name, entryOf(name, value, file)] as const);
  checkCover(entries, bytes.length - start, file);
  const tensors = entries.map(([name, entry]) => [name, tensorOf(bytes, start, name, entry, file)] as const);
  const texts = Object.entries((notes ?? {}) as object).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return { tensors: Object.fromEntries(tensors), metadata: Object.fromEntries(texts) };
}

function fail(file: string, summary: string, problem: string, fix = "get or write the file again"): never {
  throw new DataError({ op: "safetensors", summary: `${file}: ${summary}`, problems: [problem], fix });
}

function headerOf(bytes: Uint8Array, file: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    fail(file, "not a safetensors file", `${bytes.length} bytes found, the length of the header alone has 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT) {
    fail(
      file,
      "not a safetensors file",
      `it names a header of ${count(length)} bytes, at most ${count(HEADER_LIMIT)} are possible`,
    );
  }
  if (8 + length > bytes.length) {
    fail(
      file,
      "cut off inside the header",
      `${count(bytes.length)} bytes found, the header ends at ${count(8 + length)}`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (error) {
    fail(file, "the header is damaged", (error as Error).message);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    fail(file, "the header is damaged", "it is no JSON object");
  return { header: header as Record<string, unknown>, start: 8 + length };
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function entryOf(name: string, value: unknown, file: string): Entry {
  const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(shape) || !shape.every(isCount))
    fail(file, `the header of "${name}" is damaged`, `its shape is ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    fail(file, `the header of "${name}" is damaged`, `its data_offsets are ${JSON.stringify(offsets)}`);
  }
  const dtype = dtypesByCode.get(code as string);
  if (dtype === undefined) {
    const known = [...dtypesByCode.keys()].join(", ");
    fail(
      file,
      `"${name}" has element type ${JSON.stringify(code)}`,
      `${known} are read`,
      "convert the file to one of them",
    );
  }
  const [begin, end] = offsets as [number, number];
  const needed = sizeOf(shape) * byteSize(dtype);
  if (end - begin !== needed) {
    fail(
      file,
      `the header of "${name}" contradicts itself`,
      `${count(end - begin)} bytes are set aside, ${code} ${formatShape(shape)} needs ${count(needed)}`,
    );
  }
  return { dtype, shape, begin, end };
}

/** The tensors must fill the data from its beginning to its end, without gap or overlap. */
function checkCover(entries: readonly (readonly [string, Entry])[], size: number, file: string): void {
  let at = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      fail(
        file,
        "tensors overlap or leave a gap",
        `"${name}" begins at byte ${count(begin)}, the one before it ends at ${count(at)}`,
      );
    at = end;
  }
  if (at === size) return;
  fail(
    file,
    at > size ? "cut off" : "longer than its header says",
    `${count(size)} bytes of data found, the header describes ${count(at)}`,
  );
}

function tensorOf(bytes: Uint8Array, start: number, name: string, entry: Entry, file: string): Tensor {
  const { dtype, shape, begin, end } = entry;
  const data = allocate(dtype, sizeOf(shape));
  const raw = bytes.subarray(start + begin, start + end);
  const target = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  target.set(littleEndian ? raw : swapped(raw, byteSize(dtype)));
  if (dtype === "bool" && data.some((v: number) => v > 1))
    fail(file, `"${name}" is damaged`, "a BOOL is neither 0 nor 1");
  return constantNode(data, shape, dtype);
}
