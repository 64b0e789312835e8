/**
 * Where bytes are read from: a file that is open, or bytes in memory. Readers ask for the part that they need, so that a
 * file is never in memory twice and may be larger than one buffer.
 */

import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { type Fail, failFor } from "./file-error.ts";

export interface ByteSource {
  /** The file's name, for errors. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** The bytes from `begin` to below `end`, which lie inside; they must not be written to. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (begin, end) => bytes.subarray(begin, end) };
}

/** Largest part that one call to the system reads. */
const PART = 1 << 30;

async function readInto(handle: FileHandle, target: Uint8Array, begin: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(PART, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, begin + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Opens `file` for `use` and closes it afterwards. Throws `DataError` of `format` when it cannot be read. */
export async function withFile<T>(format: string, file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const fail: Fail = failFor(format, file);
  const handle = await open(file, "r").catch((cause: Error) => fail("cannot be read", cause.message, "check the path"));
  try {
    const status = await handle.stat();
    if (!status.isFile()) fail("cannot be read", "it is no ordinary file", "name a file");
    return await use({
      name: file,
      size: status.size,
      read: async (begin, end) => {
        const target = new Uint8Array(end - begin);
        const done = await readInto(handle, target, begin).catch((cause: Error) =>
          fail("cannot be read", cause.message),
        );
        if (done < target.length) fail("became shorter while it was read", `${done} of ${target.length} bytes found`);
        return target;
      },
    });
  } finally {
    await handle.close();
  }
}

/**
 * The JSON of a whole file of at most `limit` bytes. Throws `DataError` of `format` when it is missing, longer, or no
 * JSON.
 */
export async function readJson(format: string, file: string, limit: number): Promise<unknown> {
  const fail: Fail = failFor(format, file);
  const { size } = await stat(file).catch((cause: Error) => fail("cannot be read", cause.message, "check the path"));
  if (size > limit) fail("too long for its kind", `${size} bytes found, at most ${limit} are read`);
  const bytes = await readFile(file).catch((cause: Error) => fail("cannot be read", cause.message, "check the path"));
  return parseJson(bytes, (problem) => fail("no JSON", problem));
}

/** JSON from UTF-8 bytes; `fail` gets what is wrong with it. */
export function parseJson(bytes: Uint8Array, fail: (problem: string) => never): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return fail((error as Error).message);
  }
}
