import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostValues, NativeBinding, OpAttribute } from './binding.js';
import { DT } from './binding.js';
import type { RecordedNode, Reference } from './recorder.js';

/*
 * Writes recorded nodes as a SavedModel (TensorFlow's graph.proto, node_def.proto, saved_model.proto) and loads it
 * into a session through the addon. The message classes are the ones tfjs-node ships for reading SavedModels.
 */

// biome-ignore lint/suspicious/noExplicitAny: generated protobuf classes without types
type Message = any;
let messages: Message;

/** A graph in a TensorFlow session. Input and output names are positional. */
export class LoadedGraph {
  private readonly inputNames: string;
  private readonly outputNames: string;

  constructor(
    private readonly binding: NativeBinding,
    private readonly session: number,
    inputs: readonly string[],
    outputs: readonly string[],
  ) {
    this.inputNames = inputs.join(',');
    this.outputNames = outputs.join(',');
  }

  /** Runs the graph on native tensor ids. */
  run(inputs: number[]) {
    return this.binding.runSavedModel(this.session, inputs, this.inputNames, this.outputNames);
  }

  dispose(): void {
    this.binding.deleteSavedModel(this.session);
  }
}

/** Loads `nodes` as a graph whose outputs are `outputs`; inputs are the leading `input` nodes. */
export function loadGraph(
  binding: NativeBinding,
  nodes: readonly RecordedNode[],
  outputs: readonly Reference[],
): LoadedGraph {
  messages ??= createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js');
  const graph = new messages.GraphDef();
  const versions = new messages.VersionDef();
  versions.setProducer(1882); // GraphDef version of TensorFlow 2.x; older would switch on compatibility paths
  graph.setVersions(versions);
  const inputNames: string[] = [];
  nodes.forEach((node, i) => {
    graph.addNode(nodeDef(binding, node, i));
    if (node.kind === 'input') inputNames.push(`n${i}:0`);
  });
  const outputNames = outputs.map(({ node, output }) => `n${node}:${output}`);

  const directory = mkdtempSync(join(tmpdir(), 'gen-bench-graph-'));
  try {
    mkdirSync(join(directory, 'variables'));
    writeFileSync(join(directory, 'saved_model.pb'), savedModel(graph, inputNames, outputNames));
    const session = binding.loadSavedModel(directory, 'serve');
    return new LoadedGraph(binding, session, inputNames, outputNames);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function savedModel(graph: Message, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
  const signature = new messages.SignatureDef();
  inputs.forEach((name, i) => {
    signature.getInputsMap().set(`i${i}`, tensorInfo(name));
  });
  outputs.forEach((name, i) => {
    signature.getOutputsMap().set(`o${i}`, tensorInfo(name));
  });
  const meta = new messages.MetaGraphDef();
  const info = new messages.MetaGraphDef.MetaInfoDef();
  info.setTagsList(['serve']);
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  meta.getSignatureDefMap().set('serving_default', signature);
  const model = new messages.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.setMetaGraphsList([meta]);
  return model.serializeBinary();
}

function tensorInfo(name: string): Message {
  const info = new messages.TensorInfo();
  info.setName(name);
  info.setDtype(DT.FLOAT); // not read back
  return info;
}

function nodeDef(binding: NativeBinding, node: RecordedNode, index: number): Message {
  const def = new messages.NodeDef();
  def.setName(`n${index}`);
  const attributes = def.getAttrMap();
  const setType = (name: string, dtype: number) => {
    const value = new messages.AttrValue();
    value.setType(dtype);
    attributes.set(name, value);
  };
  if (node.kind === 'input') {
    def.setOp('Placeholder');
    setType('dtype', node.dtype);
    const value = new messages.AttrValue();
    value.setShape(shapeProto(node.shape));
    attributes.set('shape', value);
    return def;
  }
  if (node.kind === 'constant') {
    def.setOp('Const');
    setType('dtype', node.dtype);
    const value = new messages.AttrValue();
    value.setTensor(tensorProto(node.shape, node.dtype, node.values));
    attributes.set('value', value);
    return def;
  }
  def.setOp(node.name);
  def.setInputList(
    node.inputs.map(({ node: from, output }) => (output === 0 ? `n${from}` : `n${from}:${output}`)),
  );
  for (const attribute of node.attributes) attributes.set(attribute.name, attributeValue(binding, attribute));
  for (const [name, source] of Object.entries(INFERRED_TYPES[node.name] ?? {})) {
    if (!attributes.has(name)) setType(name, node.inputTypes[source]!);
  }
  return def;
}

/** Type attributes that tfjs-node leaves to eager execution; a graph must name them. Attribute → input index. */
const INFERRED_TYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ExpandDims: { T: 0, Tdim: 1 },
  Where: { T: 0 },
};

function attributeValue(binding: NativeBinding, { type, value }: OpAttribute): Message {
  const message = new messages.AttrValue();
  const list = () => new messages.AttrValue.ListValue();
  if (type === binding.TF_ATTR_TYPE) message.setType(value);
  else if (type === binding.TF_ATTR_BOOL) message.setB(value);
  else if (type === binding.TF_ATTR_STRING) message.setS(Buffer.from(value as string, 'utf8'));
  else if (type === binding.TF_ATTR_SHAPE) message.setShape(shapeProto(value as number[]));
  else if (type === binding.TF_ATTR_INT) {
    if (Array.isArray(value)) {
      const values = list();
      values.setIList(value);
      message.setList(values);
    } else message.setI(value);
  } else if (type === binding.TF_ATTR_FLOAT) {
    if (Array.isArray(value)) {
      const values = list();
      values.setFList(value);
      message.setList(values);
    } else message.setF(value);
  } else throw new Error(`attribute type ${type} cannot be written to a graph`);
  return message;
}

function shapeProto(shape: readonly number[]): Message {
  const proto = new messages.TensorShape();
  for (const length of shape) {
    const dim = new messages.TensorShape.Dim();
    dim.setSize(length);
    proto.addDim(dim);
  }
  return proto;
}

function tensorProto(shape: readonly number[], dtype: number, values: HostValues): Message {
  const proto = new messages.Tensor();
  proto.setDtype(dtype);
  proto.setTensorShape(shapeProto(shape));
  const first = values[0];
  if (values.length > 1 && values.every((value) => Object.is(value, first))) {
    // One value stands for all of them: tfjs makes zeros of the size of activations.
    if (dtype === DT.FLOAT) proto.setFloatValList([first]);
    else if (dtype === DT.BOOL) proto.setBoolValList([Boolean(first)]);
    else proto.setIntValList([first]);
  } else {
    proto.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return proto;
}
