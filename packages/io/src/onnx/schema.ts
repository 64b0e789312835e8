/**
 * The messages of ONNX that models are made of, as data: name, number and type of each field.
 *
 * A subset of onnx/onnx.proto of the Open Neural Network Exchange (IR version 10; © ONNX Project Contributors,
 * Apache-2.0). Left out: training information, functions, sparse tensors, sequences, maps, documentation. Fields that
 * are not listed are skipped when a file is read. `*` repeats, `*p` repeats in the packed form; enumerations are int32.
 */

/** Field name → [number, type]. */
type Fields = Readonly<Record<string, readonly [number: number, type: string]>>;

export const messages: Readonly<Record<string, Fields>> = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    producer_version: [3, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto*"],
    metadata_props: [14, "StringStringEntryProto*"],
  },
  GraphProto: {
    node: [1, "NodeProto*"],
    name: [2, "string"],
    initializer: [5, "TensorProto*"],
    input: [11, "ValueInfoProto*"],
    output: [12, "ValueInfoProto*"],
  },
  NodeProto: {
    input: [1, "string*"],
    output: [2, "string*"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto*"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float*"],
    ints: [8, "int64*"],
    strings: [9, "bytes*"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64*"],
    data_type: [2, "int32"],
    float_data: [4, "float*p"],
    int32_data: [5, "int32*p"],
    int64_data: [7, "int64*p"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
    double_data: [10, "double*p"],
    uint64_data: [11, "uint64*p"],
    external_data: [13, "StringStringEntryProto*"],
    data_location: [14, "int32"],
  },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensor_type: [1, "TensorTypeProto"] },
  TensorTypeProto: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto*"] },
  DimensionProto: { dim_value: [1, "int64"], dim_param: [2, "string"] },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
};

export interface OnnxTensor {
  readonly dims: readonly bigint[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly bigint[];
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  /** 1: the elements lie in another file. */
  readonly dataLocation: number;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: bigint;
  readonly s: Uint8Array;
  readonly t?: OnnxTensor | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly Uint8Array[];
}

export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxDimension {
  readonly dimValue: bigint;
  readonly dimParam: string;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type?:
    | {
        readonly tensorType?:
          | { readonly elemType: number; readonly shape?: { readonly dim: readonly OnnxDimension[] } | undefined }
          | undefined;
      }
    | undefined;
}

export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

export interface OnnxModel {
  readonly irVersion: bigint;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph?: OnnxGraph | undefined;
  readonly opsetImport: readonly { readonly domain: string; readonly version: bigint }[];
}

/** A message to write: any field may be left out. */
export type Draft<T> = T extends Uint8Array | bigint | string | number
  ? T
  : T extends readonly (infer E)[]
    ? readonly Draft<E>[]
    : { readonly [K in keyof T]?: Draft<T[K]> | undefined };
