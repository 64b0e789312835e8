/**
 * Files that appear under their name only when they are whole. They are written beside it under a temporary name,
 * flushed to the disk and renamed, and the folder is flushed too; whoever is killed in between leaves the file that was
 * there as it was, and a temporary one that the next save removes.
 */

import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** `name.1234.2f1e0a9c.part`: the process that writes it, and one write of many. */
const partOf = (file: string): string => `${file}.${process.pid}.${randomUUID().slice(0, 8)}.part`;

/** Writes `chunks` to `file`; folders on the way are made. */
export async function replaceFile(file: string, chunks: Chunks): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await removeLeftOvers(file);
  const partial = partOf(file);
  try {
    const handle = await open(partial, "wx");
    try {
      for await (const chunk of chunks) await writeAll(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** The bytes of a file, to write them elsewhere. */
export async function* chunksOf(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(file, "r");
  try {
    const chunk = new Uint8Array(1 << 20);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, Math.min(chunk.length - done, 1 << 30));
    done += bytesWritten;
  }
}

/** Makes the renaming last. Windows can neither open folders nor needs it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Whether nobody writes a temporary file any more: in a container, every process may have had the same number. */
async function isAbandoned(partial: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isRunning(pid);
  const begun = Date.now() - 1000 * process.uptime();
  const status = await stat(partial).catch(() => undefined);
  return status !== undefined && status.mtimeMs < begun;
}

/** Removes temporary files of `file` whose process has ended. */
export async function removeLeftOvers(file: string): Promise<void> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)\.[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && (await isAbandoned(join(folder, name), Number(pid)))) {
      await rm(join(folder, name), { force: true });
    }
  }
}
