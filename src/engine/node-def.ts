import { createRequire } from 'node:module';
import type { HostValues, NativeBinding, OpAttribute } from './binding.js';
import { DT } from './binding.js';
import type { RecordedNode, Reference } from './recorder.js';

// biome-ignore lint/suspicious/noExplicitAny: generated protobuf classes without types
export type Message = any;

/** TensorFlow's message classes, as tfjs-node ships them for reading SavedModels; after `loadMessages`. */
export let messages: Message;

export function loadMessages(): void {
  messages ??= createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js');
}

/** A node of a graph (node_def.proto), named after its index. */
export function nodeDef(binding: NativeBinding, node: RecordedNode, index: number): Message {
  const def = new messages.NodeDef();
  def.setName(`n${index}`);
  const attributes = def.getAttrMap();
  if (node.kind === 'input') {
    def.setOp('Placeholder');
    attributes.set('dtype', typeValue(node.dtype));
    const value = new messages.AttrValue();
    value.setShape(shapeProto(node.shape));
    attributes.set('shape', value);
    return def;
  }
  if (node.kind === 'constant') {
    def.setOp('Const');
    attributes.set('dtype', typeValue(node.dtype));
    const value = new messages.AttrValue();
    value.setTensor(tensorProto(node.shape, node.dtype, node.values));
    attributes.set('value', value);
    return def;
  }
  setOp(binding, def, node);
  def.setInputList(node.inputs.map(inputName));
  return def;
}

/** Name, attributes and types of an op; not its inputs. */
export function setOp(
  binding: NativeBinding,
  def: Message,
  node: Omit<Extract<RecordedNode, { kind: 'op' }>, 'inputs'>,
): void {
  def.setOp(node.name);
  const attributes = def.getAttrMap();
  for (const attribute of node.attributes) attributes.set(attribute.name, attributeValue(binding, attribute));
  for (const [name, source] of Object.entries(INFERRED_TYPES[node.name] ?? {})) {
    if (!attributes.has(name)) attributes.set(name, typeValue(node.inputTypes[source]!));
  }
}

export function inputName({ node, output }: Reference): string {
  return output === 0 ? `n${node}` : `n${node}:${output}`;
}

function typeValue(dtype: number): Message {
  const value = new messages.AttrValue();
  value.setType(dtype);
  return value;
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
  const splat = dtype === DT.FLOAT || dtype === DT.BOOL || dtype === DT.INT32;
  if (splat && values.length > 0 && values.every((value) => Object.is(value, first))) {
    // One value stands for all of them: tfjs makes zeros of the size of activations.
    if (dtype === DT.FLOAT) proto.setFloatValList([first]);
    else if (dtype === DT.BOOL) proto.setBoolValList([Boolean(first)]);
    else proto.setIntValList([first]);
  } else {
    proto.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return proto;
}
