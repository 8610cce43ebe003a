import { beale } from './beale.js';
import { all_minilm_l6_v2, bert_base_uncased } from './bert.js';
import { bert4rec } from './bert4rec.js';
import { dcgan } from './dcgan.js';
import { efficientnet_lite0, tf_efficientnet_lite0 } from './efficientnet.js';
import { gpt2, gpt2_large, gpt2_medium, gpt2_mini } from './gpt2.js';
import { maskrcnn_resnet50_fpn, maskrcnn_small_fpn } from './maskrcnn.js';
import { resnet8, resnet18, resnet20, resnet34, resnet50, resnet101, resnet152 } from './resnet.js';
import { roberta_base, roberta_large } from './roberta.js';
import { rosenbrock } from './rosenbrock.js';
import type { ModelDefinition } from './types.js';
import {
  vit,
  vit_base_patch16_224,
  vit_large_patch16_224,
  vit_small_patch16_224,
  vit_tiny_patch16_224,
} from './vit.js';

/** Every architecture by its name in a config: add a line here to add one. */
export const models = {
  resnet8,
  resnet20,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  vit,
  vit_tiny_patch16_224,
  vit_small_patch16_224,
  vit_base_patch16_224,
  vit_large_patch16_224,
  efficientnet_lite0,
  tf_efficientnet_lite0,
} satisfies Record<string, ModelDefinition>;

/** Encoders of text, which classify it, by name. */
export const encoders = {
  'bert-base-uncased': bert_base_uncased,
  'all-MiniLM-L6-v2': all_minilm_l6_v2,
  'roberta-base': roberta_base,
  'roberta-large': roberta_large,
} satisfies Record<string, ModelDefinition>;

/** Causal language models, by name. */
export const languageModels = {
  gpt2,
  'gpt2-medium': gpt2_medium,
  'gpt2-large': gpt2_large,
  'gpt2-mini': gpt2_mini,
} satisfies Record<string, ModelDefinition>;

/** Recommenders of items, by name. */
export const recommenders = { bert4rec } satisfies Record<string, ModelDefinition>;

/** Generative adversarial networks, by name. */
export const generators = { dcgan } satisfies Record<string, ModelDefinition>;

/** Detectors of objects and their masks, by name. */
export const detectors = { maskrcnn_resnet50_fpn, maskrcnn_small_fpn } satisfies Record<
  string,
  ModelDefinition
>;

/** Test functions for the synthetic task, by name. */
export const functions = { rosenbrock, beale } satisfies Record<string, ModelDefinition>;
