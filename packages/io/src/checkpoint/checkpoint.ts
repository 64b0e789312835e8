/**
 * `checkpoint`: all that a run depends on in one file, so that it can be ended at any moment and goes on as if it had
 * not been: parameters, buffers, counters of random layers, slots of the optimiser, position of the loader, seed.
 */

import { access } from "node:fs/promises";
import { checkOptions, seed, session } from "@prewitt/core";
import { atCall } from "../files/file-error.ts";
import { removeLeftOvers } from "../files/replace-file.ts";
import { type PlainRecord, readCheckpoint, writeCheckpoint } from "./checkpoint-file.ts";
import { checkParts, type Parts, restore, statesOf } from "./parts.ts";

export interface CheckpointOptions {
  /** What the run was made with, for its reader: plain data. It is saved, and not compared. */
  readonly config?: PlainRecord | undefined;
}

/** What was found when a run went on. */
export interface Resumed {
  readonly file: string;
  /** What `save` was told. */
  readonly progress: PlainRecord;
  readonly config: PlainRecord;
}

export class Checkpoint {
  readonly parts: Parts;
  readonly file: string;
  readonly #config: PlainRecord;
  readonly #onSaved: ((progress: PlainRecord) => Promise<void>) | undefined;
  /** The save under way; one follows the other. */
  #saving: Promise<unknown> = Promise.resolve();

  /** @param onSaved Called when the file is on the disk, before the next save begins. */
  constructor(parts: Parts, file: string, config: PlainRecord, onSaved?: (progress: PlainRecord) => Promise<void>) {
    this.parts = parts;
    this.file = file;
    this.#config = config;
    this.#onSaved = onSaved;
  }

  /**
   * Saves the state as it is at the time of the call and resolves to the file's name when it is on the disk. Training
   * may go on meanwhile.
   *
   * @param progress How far the run is, as a number of steps or a record of plain data; `resume` gives it back.
   * @param own Further parts, which `resume` must be given too.
   *
   * Throws `OptionError` for what is no plain data, and the system's error when the file cannot be written: the older
   * one is then still there.
   */
  save(progress: number | PlainRecord = {}, own: Parts = {}): Promise<string> {
    return atCall(Checkpoint.prototype.save, () => {
      const content = {
        parts: statesOf({ ...this.parts, ...own }),
        progress: typeof progress === "number" ? { step: progress } : progress,
        config: this.#config,
        seed: session.seed,
      };
      const saved = this.#saving.then(async () => {
        await writeCheckpoint(this.file, content);
        await this.#onSaved?.(content.progress);
        return this.file;
      });
      this.#saving = saved.catch(() => {});
      return saved;
    });
  }

  /**
   * Restores what was saved last, and the session's seed. Resolves to `undefined`, and changes nothing, when nothing was
   * saved yet; left-overs of a save that was killed are removed.
   *
   * Throws `DataError` for a file that is damaged or no checkpoint, `StateError` when it does not fit the parts: nothing
   * is restored then.
   */
  resume(own: Parts = {}): Promise<Resumed | undefined> {
    return atCall(Checkpoint.prototype.resume, async () => {
      await this.#saving;
      await removeLeftOvers(this.file);
      if (!(await exists(this.file))) return undefined;
      const content = await readCheckpoint(this.file);
      await restore({ ...this.parts, ...own }, content.parts, this.file);
      seed(content.seed);
      return { file: this.file, progress: content.progress, config: content.config };
    });
  }
}

/** Whether there is a file, or something that stands in its place. */
export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw error;
    },
  );
}

/**
 * Saves and restores a run in one safetensors file.
 *
 * @param parts Models, optimisers, loaders and whatever else has `stateDict()` and `loadStateDict()`, by name.
 *
 * Throws `OptionError` for parts without a state and unknown options.
 *
 * @example
 * const run = checkpoint({ model, optimizer, data: batches }, "runs/mnist/run.safetensors");
 * await run.resume();
 * while (batches.epoch < 10) {
 *   for await (const { image, label } of batches) await step(image, label).item();
 *   await run.save({ epoch: batches.epoch });
 * }
 */
export function checkpoint(parts: Parts, file: string, options: CheckpointOptions = {}): Checkpoint {
  checkOptions("checkpoint", options, ["config"]);
  checkParts("checkpoint", parts);
  return new Checkpoint({ ...parts }, file, options.config ?? {});
}
