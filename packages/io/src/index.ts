/**
 * @prewitt/io: weights in files.
 */

export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors.ts";
export { loadSafetensors, readSafetensors, type SaveOptions, saveSafetensors } from "./safetensors-file.ts";
