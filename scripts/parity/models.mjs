// What `npm run test:parity` compares, an entry a model:
//   name     the model's name here
//   peer     function of peer.py that makes the other side's model, its inputs and its loss
//   create   function of the loaded library that makes ours; its `loss`, where given, replaces the mean cross-entropy
//   slow     left out unless named or with --all

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
];
