/**
 * @prewitt/io: weights and whole runs in files.
 */

export { Checkpoint, type CheckpointOptions, checkpoint, type Resumed } from "./checkpoint/checkpoint.ts";
export { type CheckpointContent, loadPart, type PlainRecord, readCheckpoint } from "./checkpoint/checkpoint-file.ts";
export { type BestBy, Checkpoints, type CheckpointsOptions, checkpoints } from "./checkpoint/checkpoints.ts";
export type { Parts } from "./checkpoint/parts.ts";
export { KerasModel, loadKeras } from "./keras/load-keras.ts";
export {
  type LoadNpzOptions,
  loadNpy,
  loadNpz,
  type SaveNpzOptions,
  saveNpy,
  saveNpz,
} from "./numpy/numpy-files.ts";
export { ExportError } from "./onnx/export/export-error.ts";
export { type ExportOnnxOptions, exportOnnx, saveOnnx } from "./onnx/export/export-onnx.ts";
export type { ExportTarget } from "./onnx/export/target.ts";
export { importOnnx, type OnnxModel } from "./onnx/import/import-onnx.ts";
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors/safetensors.ts";
export {
  loadSafetensors,
  readSafetensors,
  type SaveOptions,
  saveSafetensors,
} from "./safetensors/safetensors-file.ts";
export { type AdaptRule, adaptStateDict } from "./state-dict/adapt.ts";
export { rearrange } from "./state-dict/rearrange.ts";
export { loadTfjs } from "./tfjs/load-tfjs.ts";
