/**
 * `checkpoints`: a folder with the last state of a run, the best one by a measure, and as many older ones as wanted.
 *
 *     last.safetensors        what `resume` goes on from
 *     best.safetensors        the one with the lowest or highest measure so far
 *     step-000001200.safetensors
 */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, locate, OptionError } from "@prewitt/core";
import { chunksOf, removeLeftOvers, replaceFile } from "../files/replace-file.ts";
import { Checkpoint, type CheckpointOptions, exists, type Resumed } from "./checkpoint.ts";
import { type PlainRecord, readNotes } from "./checkpoint-file.ts";
import { checkParts, type Parts } from "./parts.ts";

/** A number in the progress, by path such as "validation.loss". */
export type BestBy = { readonly lowest: string } | { readonly highest: string };

export interface CheckpointsOptions extends CheckpointOptions {
  /** Keep the best in `best.safetensors` too. Saves whose progress lacks the number do not take part. */
  readonly best?: BestBy | undefined;
  /** Older states to keep under the number of their step, which the progress must have then. Default 0. */
  readonly keep?: number | undefined;
}

function measured(progress: PlainRecord, path: string): number | undefined {
  let value: unknown = progress;
  for (const key of path.split(".")) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
}

const numbered = /^step-(\d+)\.safetensors$/;

export class Checkpoints {
  readonly parts: Parts;
  readonly folder: string;
  /** The file that `resume` goes on from. */
  readonly last: string;
  /** The best state, once a save had the measure. */
  readonly best: string;
  readonly #last: Checkpoint;
  readonly #by: BestBy | undefined;
  readonly #keep: number;
  constructor(parts: Parts, folder: string, options: CheckpointsOptions) {
    this.parts = parts;
    this.folder = folder;
    this.last = join(folder, "last.safetensors");
    this.best = join(folder, "best.safetensors");
    this.#last = new Checkpoint(parts, this.last, options.config ?? {}, async (progress) => {
      await this.#keepBest(progress);
      if (this.#keep > 0) await this.#keepStep(demandStep(progress));
    });
    this.#by = options.best;
    this.#keep = options.keep ?? 0;
  }

  /** As `Checkpoint.save`; then keeps the state as the best and among the older ones where it is due. */
  async save(progress: number | PlainRecord = {}, own: Parts = {}): Promise<string> {
    if (this.#keep > 0) demandStep(typeof progress === "number" ? { step: progress } : progress);
    return this.#last.save(progress, own);
  }

  /** As `Checkpoint.resume`, from the last state. */
  async resume(own: Parts = {}): Promise<Resumed | undefined> {
    const resumed = await this.#last.resume(own);
    await removeLeftOvers(this.best);
    // The run may have been killed after the last state was written and before it was kept as the best.
    if (resumed !== undefined) await this.#keepBest(resumed.progress);
    return resumed;
  }

  async #keepBest(progress: PlainRecord): Promise<void> {
    if (this.#by === undefined) return;
    const lowest = "lowest" in this.#by;
    const path = "lowest" in this.#by ? this.#by.lowest : this.#by.highest;
    const value = measured(progress, path);
    if (value === undefined) return;
    if (await exists(this.best)) {
      const record = measured((await readNotes(this.best)).progress, path);
      if (record !== undefined && (lowest ? value >= record : value <= record)) return;
    }
    await replaceFile(this.best, chunksOf(this.last));
  }

  async #keepStep(step: number): Promise<void> {
    const file = join(this.folder, `step-${String(step).padStart(9, "0")}.safetensors`);
    await replaceFile(file, chunksOf(this.last));
    const steps = (await readdir(this.folder)).flatMap((name) => {
      const found = numbered.exec(name);
      return found === null ? [] : [{ name, step: Number(found[1]) }];
    });
    steps.sort((a, b) => b.step - a.step);
    for (const { name } of steps.slice(this.#keep)) await rm(join(this.folder, name), { force: true });
  }
}

function demandStep(progress: PlainRecord): number {
  const { step } = progress;
  if (Number.isSafeInteger(step) && (step as number) >= 0) return step as number;
  throw locate(
    new OptionError({
      op: "checkpoints",
      summary: "older states are kept by the number of their step, which the progress lacks",
      fix: "save({ step, … }), or leave out `keep`",
    }),
  );
}

/**
 * Saves and restores a run in a folder: the last state, the best one, and `keep` older ones. Takes the place of
 * `checkpoint` everywhere, `nn.fit` included.
 *
 * Throws `OptionError` for parts without a state, and for options that are unknown or out of range.
 *
 * @example
 * const run = checkpoints({ model, optimizer, data }, "runs/mnist", { best: { highest: "validation.accuracy" } });
 * await nn.fit(model, { data, loss: crossEntropy, optimizer, epochs: 10, validation, metrics: { accuracy }, checkpoint: run });
 * model.loadStateDict(await loadPart(run.best, "model"));
 */
export function checkpoints(parts: Parts, folder: string, options: CheckpointsOptions = {}): Checkpoints {
  checkOptions("checkpoints", options, ["config", "best", "keep"]);
  checkParts("checkpoints", parts);
  const { keep = 0, best } = options;
  const path = best && ("lowest" in best ? best.lowest : best.highest);
  const problems = [
    ...(Number.isSafeInteger(keep) && keep >= 0 ? [] : [`keep is ${keep}, and must be an integer of 0 or more`]),
    ...(best === undefined || typeof path === "string" ? [] : ["best must be { lowest: path } or { highest: path }"]),
  ];
  if (problems.length > 0) {
    throw locate(
      new OptionError({
        op: "checkpoints",
        summary: "impossible options",
        problems,
        fix: 'pass for instance { best: { lowest: "validation.loss" }, keep: 3 }',
      }),
    );
  }
  return new Checkpoints({ ...parts }, folder, options);
}
