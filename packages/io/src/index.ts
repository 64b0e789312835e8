/**
 * @prewitt/io: weights in files.
 */

export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors/safetensors.ts";
export { loadSafetensors, readSafetensors, type SaveOptions, saveSafetensors } from "./safetensors/safetensors-file.ts";
