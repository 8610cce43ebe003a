import { expect, test } from 'vitest';
import { bf16Obstacle } from './bf16.js';
import { compile } from './compile.js';
import { compileMode, noteFallback } from './compile-mode.js';
import { gelu } from './ops/gelu.js';
import { floatTensor } from './raw.js';
import { loadEngine, type Tensor } from './tf.js';

test('a reason why a fast path does not apply is given once to each listener', () => {
  const listen = () => {
    const messages: string[] = [];
    compileMode.report = (message) => messages.push(message);
    return messages;
  };
  const first = listen();
  for (const message of ['a', 'b', 'a']) noteFallback(message);
  const second = listen();
  noteFallback('a');
  expect([first, second]).toEqual([['a', 'b'], ['a']]);
});

test.each([
  ['flags : fma avx512_bf16 amx_bf16 avx512f', false, undefined],
  ['Features : asimd bf16', false, undefined],
  ['flags : fma avx512_bf16', false, 'this processor has no AMX (x86) or bfloat16 (ARM) instructions'],
  ['flags : fma amx_bf16', true, 'it is a setting of oneDNN, which is not used on a GPU'],
])('bfloat16 with %j, on a GPU %j', (cpuInfo, isGpu, obstacle) => {
  expect(bf16Obstacle(isGpu, cpuInfo)).toBe(obstacle);
});

test('chains of ops that are too small to be fused are reported once, whatever their number of examples', async () => {
  await loadEngine();
  const messages: string[] = [];
  compileMode.report = (message) => messages.push(message);
  const activation = compile('activation', ({ x }: { readonly x: Tensor }) => gelu(gelu(x)));
  for (const values of [
    [1, 2],
    [1, 2, 3],
  ])
    activation({ x: floatTensor(values) }).dispose();
  activation.dispose();
  expect(messages.filter((message) => message.includes('fused'))).toEqual([
    'activation: 2 chains of ops not fused, because with fewer than 65536 elements, a loop would not pay',
  ]);
});
