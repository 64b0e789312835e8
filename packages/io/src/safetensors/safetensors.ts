/**
 * The safetensors format: a little-endian uint64 with the length of the header, the header as JSON
 * { name: { dtype, shape, data_offsets: [begin, end] }, "__metadata__": { … } }, then the elements, little-endian and
 * row-major, without gaps.
 *
 * huggingface/safetensors, README "Format". As its writer does, tensors are ordered by falling element size and then by
 * name, and the header is padded with spaces, so that every tensor is aligned to its element size.
 */

import { byteSize, constantNode, DataError, type DType, evaluate, type Tensor } from "@prewitt/core";
import { type ByteSource, memorySource } from "../files/byte-source.ts";
import { decodeElements, elementDType, littleEndianBytes } from "../files/elements.ts";
import { failFor, shown } from "../files/file-error.ts";
import { type Entry, METADATA, readHeader } from "./header.ts";

/** Tensors by name, and what the writer noted about the file. */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const codes: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};

/** The parts of a file that holds `tensors`, one after the other: the header, then each tensor. */
export async function* safetensorsChunks(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array, void, undefined> {
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
  evaluate(...Object.values(tensors));
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
  const start = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(text, 8);
  yield start;
  for (const name of names) yield littleEndianBytes(await (tensors[name] as Tensor).data());
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
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors, metadata)) chunks.push(chunk);
  const file = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

/**
 * Reads the bytes of a safetensors file; `file` names it in errors. F16 and BF16 become float32, and I64, U64, U32, I16,
 * U16 and I8 become int32.
 *
 * Throws `DataError` when the file is cut off or too long, its header is damaged or contradicts itself, an element type
 * is another one, or an integer lies beyond int32.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Promise<SafetensorsContent> {
  return readContent(memorySource(bytes, file));
}

/** Reads every tensor of `source`. */
export async function readContent(source: ByteSource): Promise<SafetensorsContent> {
  const { entries, metadata, start } = await readHeader(source);
  const tensors: [string, Tensor][] = [];
  for (const [name, entry] of entries) {
    const bytes = await source.read(start + entry.begin, start + entry.end);
    tensors.push([name, tensorOf(bytes, name, entry, source.name)]);
  }
  return { tensors: Object.fromEntries(tensors), metadata };
}

function tensorOf(bytes: Uint8Array, name: string, { element, shape }: Entry, file: string): Tensor {
  try {
    return constantNode(decodeElements(bytes, element), shape, elementDType(element));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return failFor("safetensors", file)(`${shown(name)} cannot be read`, error.message);
  }
}
