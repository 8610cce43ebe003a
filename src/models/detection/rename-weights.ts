import type { WeightSource } from '../weights.js';

/** Names in torchvision's older checkpoints, the published one among them, and what they became. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/^(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$/, '$1.0.$2'],
  [/^rpn\.head\.conv\.(weight|bias)$/, 'rpn.head.conv.0.0.$1'],
  [/^roi_heads\.mask_head\.mask_fcn1\.(weight|bias)$/, 'roi_heads.mask_head.0.0.$1'],
  [/^roi_heads\.mask_head\.mask_fcn2\.(weight|bias)$/, 'roi_heads.mask_head.1.0.$1'],
  [/^roi_heads\.mask_head\.mask_fcn3\.(weight|bias)$/, 'roi_heads.mask_head.2.0.$1'],
  [/^roi_heads\.mask_head\.mask_fcn4\.(weight|bias)$/, 'roi_heads.mask_head.3.0.$1'],
];

/** The weights under torchvision's present names. */
export function renameOldWeights(weights: WeightSource): WeightSource {
  return new Map(
    [...weights].map(([name, entry]) => {
      const rule = RENAMED.find(([pattern]) => pattern.test(name));
      return [rule ? name.replace(...rule) : name, entry];
    }),
  );
}
