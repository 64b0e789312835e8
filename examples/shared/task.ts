/**
 * What the task examples have in common: a folder for pictures and weights, and the result as one line of JSON at the end.
 *
 *     {"task":"segmentation","metric":"mean IoU","value":0.87,"seconds":141.2}
 *
 * Where a report is made of the run, pictures and result are in it too.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { nn } from "prewitt";
import { saveSafetensors } from "prewitt/io";
import { type Drawing, display, isReported, table } from "prewitt/notebook";

export interface Task {
  /** `runs/<name>`, or `runs/<name>-short` in the short form. */
  readonly folder: string;
  /** Path of a file in the folder. */
  path(file: string): string;
  /** Saves a drawing as `<file>.png` and shows it in the report; without a report one line says where it is. */
  picture(file: string, drawing: Drawing): Promise<void>;
  /** Saves the weights as `<file>.safetensors` (default: weights) and says so. */
  weights(model: nn.AnyModule, file?: string): Promise<void>;
  /** Ends the task: its result as a table in the report, and as the last line that is printed. */
  finish(metric: string, value: number): Promise<void>;
}

/** Starts the clock of a task and makes its folder. */
export function startTask(name: string, { short }: { readonly short: boolean }): Task {
  const start = performance.now();
  const folder = join("runs", short ? `${name}-short` : name);
  const path = (file: string): string => join(folder, file);
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    path,
    picture: async (file, drawing) => {
      const saved = await drawing.save(path(`${file}.png`));
      if (isReported()) await display(drawing, { title: saved });
      else console.log(`${drawing} in ${saved}`);
    },
    weights: async (model, file = "weights") => {
      await saveSafetensors(path(`${file}.safetensors`), model.stateDict());
      console.log(`weights in ${path(`${file}.safetensors`)}`);
    },
    finish: async (metric, value) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (isReported()) await display(table([{ metric, value, seconds }]), { title: name });
      console.log(
        JSON.stringify({ task: name, metric, value: Number(value.toPrecision(6)), seconds: Number(seconds) }),
      );
    },
  };
}
