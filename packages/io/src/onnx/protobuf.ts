/**
 * ONNX models as bytes and back, by the protobuf library, which is loaded when a model is first read or written.
 */

import { type Draft, messages, type OnnxModel } from "./schema.ts";

/** Reads and writes models. */
export interface OnnxCodec {
  encode(model: Draft<OnnxModel>): Uint8Array;
  /** Throws the library's error for bytes that are no such message. */
  decode(bytes: Uint8Array): OnnxModel;
}

/** One field as the JSON form of a protobuf descriptor says it. */
function fieldOf(name: string, [number, text]: readonly [number, string]): object {
  const [, type = "", repeated, packed] = /^(\w+?)(\*)?(p)?$/.exec(text) ?? [];
  const message = Object.hasOwn(messages, type);
  return {
    name,
    number,
    label: repeated === undefined ? "LABEL_OPTIONAL" : "LABEL_REPEATED",
    type: message ? "TYPE_MESSAGE" : `TYPE_${type.toUpperCase()}`,
    ...(message ? { typeName: `.onnx.${type}` } : {}),
    ...(packed === undefined ? {} : { options: { packed: true } }),
  };
}

export async function loadCodec(): Promise<OnnxCodec> {
  const [{ create, createFileRegistry, fromBinary, fromJson, toBinary }, { FileDescriptorProtoSchema }] =
    await Promise.all([import("@bufbuild/protobuf"), import("@bufbuild/protobuf/wkt")]);
  const file = fromJson(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, spec]) => fieldOf(field, spec)) as never,
    })),
  });
  const model = createFileRegistry(file, () => undefined).getMessage("onnx.ModelProto");
  if (model === undefined) throw new Error("the schema has no ModelProto");
  return {
    encode: (draft) => toBinary(model, create(model, draft as never)),
    decode: (bytes) => fromBinary(model, bytes, { readUnknownFields: false }) as unknown as OnnxModel,
  };
}
