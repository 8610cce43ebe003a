import { checkConfigFile } from '../config/load.js';
import { ConfigError } from '../config/problems.js';
import type { Config } from '../config/schema.js';
import { printWarnings } from './warnings.js';

/**
 * The checked config of a file, once for each seed; its warnings go to stderr.
 *
 * @throws ConfigError with every problem
 */
export function loadConfigs(path: string, overrides: readonly string[], seeds?: readonly number[]): Config[] {
  const { config, problems } = checkConfigFile(path, overrides);
  if (!config) throw new ConfigError(problems.filter(({ severity }) => severity === 'error'));
  printWarnings(problems);
  if (!seeds) return [config];
  return seeds.map((seed) => ({ ...config, train: { ...config.train, seed } }) as Config);
}
