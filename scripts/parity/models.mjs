// What `npm run test:parity` compares, an entry a model:
//   name     the model's name here
//   peer     function of peer.py that makes the other side's model, its inputs and its loss
//   create   function of the loaded library that makes ours; its `loss`, where given, replaces the mean cross-entropy
//   slow     left out unless named or with --all
//   detector compared by detector.py and detector.mjs instead: losses, gradients, detections

const CLASSES = 1000;
const SIZE = 224;

const image = (name, rest = {}) => ({
  name,
  peer: 'timm_image',
  settings: { classes: CLASSES, size: SIZE },
  create: ({ models }) =>
    models[name].create(models[name].options.parse({}), {
      seed: 0,
      numClasses: CLASSES,
      imageShape: [SIZE, SIZE, 3],
    }),
  ...rest,
});

const TEXT_CLASSES = 3;

/** A classifier of padded text (pairs, for BERT), or a language model of GPT-2's kind. */
const text = (name, { model = name, peft = {}, ...rest } = {}) => {
  const isLanguageModel = model.startsWith('gpt2');
  return {
    name,
    peer: 'transformers_text',
    settings: { model, classes: isLanguageModel ? 0 : TEXT_CLASSES, length: 48, peft },
    create({ encoders, languageModels }) {
      const { options, create } = { ...encoders, ...languageModels }[model];
      const context = isLanguageModel ? { seed: 0 } : { seed: 0, numClasses: TEXT_CLASSES };
      return create(options.parse(peft), context);
    },
    ...rest,
  };
};

const DETECTOR_CLASSES = 91;

export const entries = [
  image('resnet18'),
  image('resnet34'),
  image('resnet50'),
  image('resnet101', { slow: true }),
  image('resnet152', { slow: true }),
  image('vit_tiny_patch16_224'),
  image('vit_small_patch16_224'),
  image('vit_base_patch16_224'),
  image('vit_large_patch16_224', { slow: true }),
  image('efficientnet_lite0'),
  image('tf_efficientnet_lite0'),
  text('bert-base-uncased'),
  text('all-MiniLM-L6-v2'),
  text('roberta-base'),
  text('roberta-large', { slow: true }),
  text('gpt2'),
  text('gpt2-medium', { slow: true }),
  text('gpt2-large', { slow: true }),
  text('roberta-base-lora', { model: 'roberta-base', peft: { peft: 'lora', lora_r: 8, lora_alpha: 16 } }),
  text('gpt2-lora', {
    model: 'gpt2',
    peft: { peft: 'lora', lora_r: 4, lora_alpha: 32, lora_targets: ['c_attn'] },
  }),
  { name: 'maskrcnn_resnet50_fpn', detector: true, settings: { classes: DETECTOR_CLASSES } },
];
