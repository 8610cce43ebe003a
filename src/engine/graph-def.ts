import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeBinding } from './binding.js';
import { DT } from './binding.js';
import { type BodyReference, type CallNode, FUSIBLE, type FusedFunction, type FusedGraph } from './fusion.js';
import { inputName, loadMessages, type Message, messages, nodeDef, setOp } from './node-def.js';

/*
 * Writes recorded nodes as a SavedModel (TensorFlow's graph.proto, node_def.proto, saved_model.proto) and loads it
 * into a session through the addon. The message classes are the ones tfjs-node ships for reading SavedModels.
 */

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

/** Loads a graph whose inputs are the leading `input` nodes. */
export function loadGraph(binding: NativeBinding, { nodes, functions, outputs }: FusedGraph): LoadedGraph {
  loadMessages();
  const graph = new messages.GraphDef();
  const versions = new messages.VersionDef();
  versions.setProducer(1882); // GraphDef version of TensorFlow 2.x; older would switch on compatibility paths
  graph.setVersions(versions);
  const inputNames: string[] = [];
  nodes.forEach((node, i) => {
    if (!node) return;
    graph.addNode(node.kind === 'call' ? callDef(node, i) : nodeDef(binding, node, i));
    if (node.kind === 'input') inputNames.push(`n${i}:0`);
  });
  if (functions.length > 0) {
    const library = new messages.FunctionDefLibrary();
    for (const one of functions) library.addFunction(functionDef(binding, one));
    graph.setLibrary(library);
  }
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

/** Asks for compilation with XLA, and keeps graph optimisers from putting the body in the call's place. */
function markCompiled(attributes: Message): void {
  for (const name of ['_XlaMustCompile', '_noinline']) {
    const value = new messages.AttrValue();
    value.setB(true);
    attributes.set(name, value);
  }
}

function callDef(node: CallNode, index: number): Message {
  const def = new messages.NodeDef();
  def.setName(`n${index}`);
  def.setOp(node.function);
  def.setInputList(node.inputs.map(inputName));
  markCompiled(def.getAttrMap());
  return def;
}

function functionDef(binding: NativeBinding, { name, argumentTypes, body, results }: FusedFunction): Message {
  const def = new messages.FunctionDef();
  const signature = new messages.OpDef();
  signature.setName(name);
  const argument = (prefix: string, type: number, i: number) => {
    const value = new messages.OpDef.ArgDef();
    value.setName(`${prefix}${i}`);
    value.setType(type);
    return value;
  };
  signature.setInputArgList(argumentTypes.map((type, i) => argument('x', type, i)));
  signature.setOutputArgList(results.map(({ type }, i) => argument('y', type, i)));
  def.setSignature(signature);
  markCompiled(def.getAttrMap());
  const outputOf = (position: number) => {
    const node = body[position]!;
    return `b${position}:${node.kind === 'constant' ? 'output' : FUSIBLE[node.name]}:0`;
  };
  const input = (reference: BodyReference) =>
    'argument' in reference ? `x${reference.argument}` : outputOf(reference.node);
  body.forEach((node, i) => {
    const member = node.kind === 'constant' ? nodeDef(binding, node, i) : new messages.NodeDef();
    member.setName(`b${i}`);
    if (node.kind === 'op') {
      setOp(binding, member, node);
      member.setInputList(node.inputs.map(input));
    }
    def.addNodeDef(member);
  });
  results.forEach(({ node }, i) => {
    def.getRetMap().set(`y${i}`, outputOf(node));
  });
  return def;
}
