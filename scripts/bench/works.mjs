// What `npm run bench` measures. Each work names its model, batch and goal; the two sides (ours.mjs, peer.py) build it.
// A goal is the ratio ours/PyTorch, lower is better.

const steps = [
  {
    work: 'resnet50-step',
    kind: 'step',
    model: 'resnet50',
    batch: 8,
    size: 224,
    optimizer: 'sgd',
    goal: 0.95,
  },
  {
    work: 'vit-small-step',
    kind: 'step',
    model: 'vit_small_patch16_224',
    batch: 8,
    size: 224,
    optimizer: 'adamw',
    goal: 0.95,
  },
  {
    work: 'bert-base-step',
    kind: 'step',
    model: 'bert-base-uncased',
    batch: 8,
    tokens: 128,
    optimizer: 'adamw',
    goal: 0.95,
  },
  {
    work: 'gpt2-lora-step',
    kind: 'step',
    model: 'gpt2',
    batch: 4,
    tokens: 128,
    lora: 4,
    optimizer: 'adamw',
    goal: 0.95,
  },
  {
    work: 'resnet8-step',
    kind: 'step',
    model: 'resnet8',
    batch: 128,
    size: 28,
    channels: 1,
    repeat: 5,
    optimizer: 'sgd',
    goal: 0.95,
  },
];

/** 21.7 M parameters. A turn is so short that a core that slept before it would count: five in a row. */
const update = { kind: 'update', model: 'vit_small_patch16_224', repeat: 5 };

export const works = [
  ...steps.map((step) => ({ ...step, precision: 'float32' })),
  ...steps.map((step) => ({ ...step, work: `${step.work}-bf16`, precision: 'bf16', goal: 1.1 })),
  { ...update, work: 'adamw-update', optimizer: 'adamw', goal: 0.7 },
  { ...update, work: 'sgd-update', optimizer: 'sgd', goal: 0.8 },
  { work: 'resnet50-eval', kind: 'eval', model: 'resnet50', batch: 32, size: 224, goal: 0.95 },
  { work: 'vit-small-eval', kind: 'eval', model: 'vit_small_patch16_224', batch: 32, size: 224, goal: 0.95 },
  // four prompts of 32 tokens, beam 10, no four tokens twice
  { ...steps[3], work: 'gpt2-generate', kind: 'generate', tokens: 32, beam: 10, newTokens: 24, goal: 1 },
  { ...steps[0], work: 'resnet50-memory', kind: 'memory', goal: 1 },
  { ...steps[1], work: 'vit-small-memory', kind: 'memory', goal: 1 },
].map((work) => ({ precision: 'float32', repeat: 1, ...work }));
