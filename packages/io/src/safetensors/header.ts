/**
 * The header of a safetensors file, checked: the tensors fill the data without gap or overlap, so that nothing that is
 * allocated later is larger than the file.
 */

import { formatShape, sizeOf } from "@prewitt/core";
import { type ByteSource, parseJson } from "../files/byte-source.ts";
import { elementSize, type FileElement } from "../files/elements.ts";
import { count, type Fail, failFor, shown } from "../files/file-error.ts";

export interface Entry {
  readonly element: FileElement;
  readonly shape: readonly number[];
  /** Offsets from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly (readonly [name: string, entry: Entry])[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the elements begin. */
  readonly start: number;
}

const elements: ReadonlyMap<unknown, FileElement> = new Map<string, FileElement>([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["U64", "uint64"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["I8", "int8"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
]);

/** Longest header that the reference reader accepts. */
const HEADER_LIMIT = 100_000_000;
/** More axes than any program has; keeps shapes of a hostile header short. */
const RANK_LIMIT = 64;
export const METADATA = "__metadata__";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads and checks the header of `source`. Throws `DataError`. */
export async function readHeader(source: ByteSource): Promise<Header> {
  const fail: Fail = failFor("safetensors", source.name);
  if (source.size < 8)
    fail("not a safetensors file", `${source.size} bytes found, the length of the header alone has 8`);
  const first = await source.read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT) {
    fail(
      "not a safetensors file",
      `it names a header of ${count(length)} bytes, at most ${count(HEADER_LIMIT)} are possible`,
    );
  }
  const start = 8 + length;
  if (start > source.size)
    fail("cut off inside the header", `${count(source.size)} bytes found, the header ends at ${count(start)}`);
  const header = parseJson(await source.read(8, start), (problem) => fail("the header is damaged", problem));
  if (!isRecord(header)) fail("the header is damaged", "it is no JSON object");
  const { [METADATA]: notes = {}, ...rest } = header;
  if (!isRecord(notes) || Object.values(notes).some((note) => typeof note !== "string"))
    fail("the header is damaged", `its ${METADATA} are not texts by name`);
  const entries = Object.entries(rest).map(([name, value]) => [name, entryOf(name, value, fail)] as const);
  checkCover(entries, source.size - start, fail);
  return { entries, metadata: notes as Record<string, string>, start };
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function entryOf(name: string, value: unknown, fail: Fail): Entry {
  const { dtype: code, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const damaged = (problem: string): never => fail(`the header of ${shown(name)} is damaged`, problem);
  if (!Array.isArray(shape) || shape.length > RANK_LIMIT || !shape.every(isCount))
    return damaged(`its shape is ${shown(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return damaged(`its data_offsets are ${shown(offsets)}`);
  const element = elements.get(code);
  if (element === undefined) {
    return fail(
      `${shown(name)} has element type ${shown(code)}`,
      `${[...elements.keys()].join(", ")} are read`,
      "convert the file to one of them",
    );
  }
  const [begin, end] = offsets as [number, number];
  const needed = sizeOf(shape) * elementSize(element);
  if (end - begin !== needed) {
    fail(
      `the header of ${shown(name)} contradicts itself`,
      `${count(end - begin)} bytes are set aside, ${code} ${formatShape(shape)} needs ${count(needed)}`,
    );
  }
  return { element, shape, begin, end };
}

/** The tensors must fill the data from its beginning to its end, without gap or overlap. */
function checkCover(entries: Header["entries"], size: number, fail: Fail): void {
  let at = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      fail(
        "tensors overlap or leave a gap",
        `${shown(name)} begins at byte ${count(begin)}, the one before it ends at ${count(at)}`,
      );
    at = end;
  }
  if (at === size) return;
  fail(
    at > size ? "cut off" : "longer than its header says",
    `${count(size)} bytes of data found, the header describes ${count(at)}`,
  );
}
