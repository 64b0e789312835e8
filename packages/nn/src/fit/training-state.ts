/**
 * Where a run of `fit` is: what a checkpoint saves of the loop itself.
 */

import { locate, OptionError, type Tensor, tensor } from "@prewitt/core";
import { RunningMean } from "../metrics/running.ts";
import type { Plain, Stateful } from "../module/stateful.ts";
import type { Evaluation } from "./evaluate.ts";

export interface EpochResult {
  /** From 0. */
  readonly epoch: number;
  /** Mean over the samples of the epoch, each with the weights of its step. */
  readonly loss: number;
  readonly samples: number;
  /** Of the validation data after the epoch. */
  readonly validation?: Evaluation | undefined;
}

/** What `fit` needs of a checkpoint; `checkpoint` and `checkpoints` of prewitt/io make one. */
export interface FitCheckpoint {
  /** What is saved: at least the model, the optimiser and, if it has a position, the data. */
  readonly parts: Readonly<Record<string, Stateful>>;
  /** Restores what was saved last, if anything was. `own` are parts of the loop. */
  resume(own: Readonly<Record<string, Stateful>>): Promise<unknown>;
  save(progress: Readonly<Record<string, Plain>>, own: Readonly<Record<string, Stateful>>): Promise<unknown>;
}

interface SavedState {
  readonly losses: Tensor;
  readonly mean: { readonly sum: number; readonly weight: number };
  readonly batches: number;
  readonly epochs: readonly EpochResult[];
}

export class TrainingState implements Stateful {
  /** The loss of each step. */
  losses: number[] = [];
  /** Epochs that are done. */
  epochs: EpochResult[] = [];
  /** Batches of the epoch under way that are done. */
  batches = 0;
  /** Loss of the epoch under way. */
  readonly mean = new RunningMean();

  /** The epoch under way is done. */
  endEpoch(result: EpochResult): void {
    this.epochs.push(result);
    this.batches = 0;
    this.mean.reset();
  }

  stateDict(): SavedState {
    const losses = tensor(Float64Array.from(this.losses));
    return { losses, mean: this.mean.stateDict(), batches: this.batches, epochs: [...this.epochs] };
  }

  async loadStateDict({ losses, mean, batches, epochs }: SavedState): Promise<void> {
    this.losses = [...(await losses.data())];
    this.mean.loadStateDict(mean);
    this.batches = batches;
    this.epochs = [...epochs];
  }
}

/** Whether `data` has a position of its own to save. */
export function isStateful(data: unknown): data is Stateful {
  const found = data as Partial<Stateful> | null;
  return typeof found?.stateDict === "function" && typeof found.loadStateDict === "function";
}

/** Throws `OptionError` when the checkpoint leaves out something that the run depends on. */
export function checkParts(checkpoint: FitCheckpoint, needed: Readonly<Record<string, unknown>>): void {
  const held = new Set<unknown>(Object.values(checkpoint.parts));
  const missing = Object.entries(needed).flatMap(([name, part]) => (isStateful(part) && !held.has(part) ? [name] : []));
  if (missing.length === 0) return;
  throw locate(
    new OptionError({
      op: "fit",
      summary: "the checkpoint does not hold all that the run depends on",
      problems: missing.map((name) => `${name} is not among its parts`),
      fix: `make it with all of them: checkpoint({ ${Object.keys(needed).join(", ")} }, file)`,
    }),
  );
}
