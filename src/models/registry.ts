import { beale } from './beale.js';
import { efficientnet_lite0, tf_efficientnet_lite0 } from './efficientnet.js';
import { resnet8, resnet18, resnet20, resnet34, resnet50, resnet101, resnet152 } from './resnet.js';
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

/** Test functions for the synthetic task, by name. */
export const functions = { rosenbrock, beale } satisfies Record<string, ModelDefinition>;
