/**
 * A checkpoint as one safetensors file: the tensors of each part as `part/key`, its plain data, the progress, the config
 * and the session's seed as JSON in the notes. Any reader of safetensors opens it.
 */

import { isTensor, type Tensor } from "@prewitt/core";
import type { Plain, State } from "@prewitt/nn";
import { type ByteSource, withFile } from "../files/byte-source.ts";
import { atCall, failFor } from "../files/file-error.ts";
import { replaceFile } from "../files/replace-file.ts";
import { readHeader } from "../safetensors/header.ts";
import { readContent, safetensorsChunks } from "../safetensors/safetensors.ts";
import { fromJson, toJson } from "./plain-json.ts";

const FORMAT = "prewitt checkpoint 1";

export type PlainRecord = Readonly<Record<string, Plain>>;

export interface CheckpointContent {
  /** The state of each part: tensors and plain data by key. */
  readonly parts: Readonly<Record<string, State>>;
  /** What `save` was told: step, epoch, losses. */
  readonly progress: PlainRecord;
  readonly config: PlainRecord;
  readonly seed: number;
}

/** Everything but the tensors. */
export interface CheckpointNotes extends Omit<CheckpointContent, "parts"> {
  readonly plain: Readonly<Record<string, PlainRecord>>;
}

/** Writes a checkpoint, whole or not at all. The states are taken before anything is waited for. */
export function writeCheckpoint(file: string, content: CheckpointContent): Promise<void> {
  const tensors: Record<string, Tensor> = {};
  const plain: Record<string, Record<string, unknown>> = {};
  for (const [part, state] of Object.entries(content.parts)) {
    plain[part] = {};
    for (const [key, value] of Object.entries(state)) {
      if (isTensor(value)) tensors[`${part}/${key}`] = value;
      else plain[part][key] = value;
    }
  }
  const metadata = {
    format: FORMAT,
    seed: `${content.seed}`,
    parts: toJson(plain, "parts"),
    progress: toJson(content.progress, "progress"),
    config: toJson(content.config, "config"),
  };
  return replaceFile(file, safetensorsChunks(tensors, metadata));
}

const isRecord = (value: unknown): value is PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function notesOf(metadata: Readonly<Record<string, string>>, file: string): CheckpointNotes {
  const fail = failFor("checkpoint", file);
  if (metadata.format !== FORMAT) {
    const said = metadata.format === undefined ? "its notes name no format" : `its format is ${metadata.format}`;
    return fail("no checkpoint", said.slice(0, 200), "load weights with loadSafetensors");
  }
  const record = (name: string): PlainRecord => {
    try {
      const value = fromJson(metadata[name] ?? "null");
      return isRecord(value) ? value : fail("the checkpoint is damaged", `its ${name} is no record`);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      return fail("the checkpoint is damaged", `its ${name} cannot be read: ${error.message.slice(0, 200)}`);
    }
  };
  const plain = record("parts");
  const seed = Number(metadata.seed);
  if (!Number.isSafeInteger(seed) || seed < 0 || !Object.values(plain).every(isRecord))
    return fail("the checkpoint is damaged", "its seed or the state of a part is missing");
  return {
    plain: plain as Record<string, PlainRecord>,
    progress: record("progress"),
    config: record("config"),
    seed,
  };
}

/** The notes of a checkpoint, without its tensors. */
export function readNotes(file: string): Promise<CheckpointNotes> {
  return withFile("checkpoint", file, async (source) => notesOf((await readHeader(source)).metadata, file));
}

async function contentOf(source: ByteSource): Promise<CheckpointContent> {
  const { tensors, metadata } = await readContent(source);
  const { plain, ...rest } = notesOf(metadata, source.name);
  const parts = new Map(
    Object.entries(plain).map(([part, state]) => [part, new Map<string, unknown>(Object.entries(state))]),
  );
  for (const [name, value] of Object.entries(tensors)) {
    const slash = name.indexOf("/");
    const part = parts.get(name.slice(0, Math.max(0, slash)));
    if (part === undefined)
      return failFor("checkpoint", source.name)("the checkpoint is damaged", "a tensor belongs to no part");
    part.set(name.slice(slash + 1), value);
  }
  const states = [...parts].map(([part, state]) => [part, Object.fromEntries(state) as State] as const);
  return { parts: Object.fromEntries(states), ...rest };
}

/**
 * What a checkpoint holds, without restoring anything: for instance the weights of its model.
 *
 * Throws `DataError` when the file is missing, damaged or no checkpoint.
 *
 * @example const { config, progress } = await readCheckpoint("runs/mnist/best.safetensors");
 */
export function readCheckpoint(file: string): Promise<CheckpointContent> {
  return atCall(readCheckpoint, () => withFile("checkpoint", file, contentOf));
}

/**
 * The tensors of one part of a checkpoint, such as the weights of the model, by key.
 *
 * Throws `DataError` as `readCheckpoint` does, and when there is no such part.
 *
 * @example model.loadStateDict(await loadPart("runs/mnist/best.safetensors", "model"));
 */
export function loadPart(file: string, part: string): Promise<Readonly<Record<string, Tensor>>> {
  return atCall(loadPart, async () => {
    const { parts } = await withFile("checkpoint", file, contentOf);
    const state = Object.hasOwn(parts, part) ? parts[part] : undefined;
    if (state === undefined) {
      return failFor("checkpoint", file)(
        `it has no part "${part}"`,
        `its parts: ${Object.keys(parts).join(", ")}`,
        "name one of them",
      );
    }
    return Object.fromEntries(Object.entries(state).filter((entry): entry is [string, Tensor] => isTensor(entry[1])));
  });
}
