import { bert } from './bert.js';
import { gpt2 } from './gpt2.js';
import { roberta } from './roberta.js';
import type { TokenizerDefinition } from './types.js';

/** Every tokenizer by name: add a line here to add one. */
export const tokenizers = { gpt2, roberta, bert } satisfies Record<string, TokenizerDefinition>;

export type TokenizerName = keyof typeof tokenizers;
