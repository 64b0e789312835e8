/**
 * Zip archives, stored and deflated: PKWARE, APPNOTE.TXT 6.3.10, with the zip64 fields that NumPy writes.
 *
 * Entries are found by the central directory at the end. Sizes that it claims are not believed: an entry is inflated into
 * at most the bytes that it names, its checksum is compared, and the sum of all sizes has a limit that is checked first.
 */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { count, type Fail, shown } from "../files/file-error.ts";
import { crc32 } from "./crc32.ts";

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX16 = 0xffff;
const MAX32 = 0xffffffff;
/** Longest comment behind the end record, and the record. */
const TAIL = 22 + 65535;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: Fail;

  constructor(bytes: Uint8Array, fail: Fail) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  need(at: number, length: number): void {
    if (at < 0 || at + length > this.bytes.length)
      this.#fail("cut off", `bytes up to ${count(at + length)} are needed, ${count(this.bytes.length)} found`);
  }
  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }
  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }
  u64(at: number): number {
    this.need(at, 8);
    return Number(this.#view.getBigUint64(at, true));
  }
  slice(at: number, length: number): Uint8Array {
    this.need(at, length);
    return this.bytes.subarray(at, at + length);
  }
}

/** Where the central directory is and how many entries it has. */
function directoryOf(reader: Reader, fail: Fail): { offset: number; entries: number } {
  const { length } = reader.bytes;
  for (let at = length - 22; at >= Math.max(0, length - TAIL); at--) {
    if (reader.u32(at) !== END || at + 22 + reader.u16(at + 20) !== length) continue;
    const [entries, offset] = [reader.u16(at + 10), reader.u32(at + 16)];
    if (entries !== MAX16 && offset !== MAX32) return { offset, entries };
    if (at < 20 || reader.u32(at - 20) !== LOCATOR64) return { offset, entries };
    const end = reader.u64(at - 12);
    if (reader.u32(end) !== END64) return fail("the archive is damaged", "its zip64 record is missing");
    return { offset: reader.u64(end + 48), entries: reader.u64(end + 32) };
  }
  return fail("no zip archive", "it has no end record");
}

function entryAt(reader: Reader, at: number, fail: Fail): { entry: Entry; next: number } {
  if (reader.u32(at) !== CENTRAL) return fail("the archive is damaged", `no entry at byte ${count(at)}`);
  if ((reader.u16(at + 8) & 1) === 1) return fail("the archive is encrypted", "only plain archives are read");
  const [nameLength, extraLength, commentLength] = [reader.u16(at + 28), reader.u16(at + 30), reader.u16(at + 32)];
  const name = new TextDecoder().decode(reader.slice(at + 46, nameLength));
  const sizes = { size: reader.u32(at + 24), packed: reader.u32(at + 20), offset: reader.u32(at + 42) };
  const extra = at + 46 + nameLength;
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + reader.u16(field + 2)) {
    if (reader.u16(field) !== 1) continue;
    let value = field + 4;
    for (const key of ["size", "packed", "offset"] as const) {
      if (sizes[key] !== MAX32) continue;
      sizes[key] = reader.u64(value);
      value += 8;
    }
  }
  const entry = { name, method: reader.u16(at + 10), crc: reader.u32(at + 16), ...sizes };
  return { entry, next: extra + extraLength + commentLength };
}

function contentOf(reader: Reader, entry: Entry, fail: Fail): Uint8Array {
  const { name, method, crc, packed, size, offset } = entry;
  if (reader.u32(offset) !== LOCAL) return fail("the archive is damaged", `${shown(name)} is not where it should be`);
  const start = offset + 30 + reader.u16(offset + 26) + reader.u16(offset + 28);
  const raw = reader.slice(start, packed);
  const bytes = unpacked(raw, method, size, (problem) => fail(`${shown(name)} is damaged`, problem));
  if (bytes.length !== size)
    return fail(`${shown(name)} is damaged`, `it has ${count(bytes.length)} bytes, not ${count(size)}`);
  if (crc32(bytes) !== crc) return fail(`${shown(name)} is damaged`, "its checksum differs");
  return bytes;
}

function unpacked(raw: Uint8Array, method: number, size: number, fail: (problem: string) => never): Uint8Array {
  if (method === 0) return raw;
  if (method !== 8) return fail(`its compression is number ${method}; stored and deflated are read`);
  try {
    return inflateRawSync(raw, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    return fail((error as Error).message);
  }
}

/**
 * The files of an archive by name, one after the other; those that `wanted` leaves out are not unpacked.
 * `fail` throws for what is damaged, or when the wanted files have more than `maxBytes` together.
 */
export function* readZip(
  bytes: Uint8Array,
  maxBytes: number,
  wanted: (name: string) => boolean,
  fail: Fail,
): Generator<readonly [name: string, content: Uint8Array], void, undefined> {
  const reader = new Reader(bytes, fail);
  const { offset, entries } = directoryOf(reader, fail);
  const found = new Map<string, Entry>();
  let at = offset;
  let total = 0;
  for (let i = 0; i < entries; i++) {
    const { entry, next } = entryAt(reader, at, fail);
    at = next;
    if (!wanted(entry.name)) continue;
    if (found.has(entry.name)) fail("the archive is damaged", `${shown(entry.name)} comes twice`);
    found.set(entry.name, entry);
    total += entry.size;
  }
  if (!(total <= maxBytes))
    fail(
      "too large",
      `it unfolds to ${count(total)} bytes, at most ${count(maxBytes)} are read`,
      `pass { maxBytes: ${total} }`,
    );
  for (const [name, entry] of found) yield [name, contentOf(reader, entry, fail)];
}

/** What a file is in an archive. */
export interface ZipFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** The parts of an archive, one after the other. Throws `RangeError` beyond 4 GiB. */
export function* zipChunks(files: Iterable<ZipFile>, compress: boolean): Generator<Uint8Array, void, undefined> {
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const packed = compress ? deflateRawSync(content) : content;
    const encoded = new TextEncoder().encode(name);
    const header = new Uint8Array(46 + encoded.length);
    const view = new DataView(header.buffer);
    view.setUint32(0, CENTRAL, true);
    view.setUint16(4, 20, true);
    view.setUint16(6, 20, true);
    // Names are UTF-8.
    view.setUint16(8, 0x800, true);
    view.setUint16(10, compress ? 8 : 0, true);
    // 1 January 1980: the same arrays give the same bytes.
    view.setUint16(14, 0x21, true);
    view.setUint32(16, crc32(content), true);
    view.setUint32(20, packed.length, true);
    view.setUint32(24, content.length, true);
    view.setUint16(28, encoded.length, true);
    view.setUint32(42, offset, true);
    header.set(encoded, 46);
    const local = new Uint8Array(30 + encoded.length);
    new DataView(local.buffer).setUint32(0, LOCAL, true);
    // From the version needed to the length of the name, both headers agree.
    local.set(header.subarray(6, 30), 4);
    local.set(encoded, 30);
    central.push(header);
    offset += local.length + packed.length;
    if (offset >= MAX32) throw new RangeError("an archive may have 4 GiB");
    yield local;
    yield packed;
  }
  const size = central.reduce((sum, { length }) => sum + length, 0);
  if (central.length >= MAX16) throw new RangeError("an archive may have 65,534 files");
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, END, true);
  view.setUint16(8, central.length, true);
  view.setUint16(10, central.length, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  yield* central;
  yield end;
}
