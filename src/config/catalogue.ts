/** What the registries hold, for `gen-bench list`. */
import type { z } from 'zod';
import { resolveGenOptions } from '../gen/options.js';
import { metrics } from '../metrics/registry.js';
import { tasks } from '../tasks/registry.js';
import type { NamedDefinition, TaskDefinition } from '../tasks/types.js';
import { registryOf, sectionSchema } from './schema.js';

export type Area = 'models' | 'datasets' | 'optimizers' | 'schedulers' | 'tasks' | 'metrics';

interface CatalogueOption {
  readonly name: string;
  /** Absent where the config must give the option. */
  readonly default?: unknown;
  readonly description: string;
}

export interface CatalogueRow {
  readonly name: string;
  readonly description: string;
  /** Where only one task offers it. */
  readonly task?: string;
  readonly options: readonly CatalogueOption[];
}

const sections: Readonly<Partial<Record<Area, string>>> = {
  models: 'model',
  datasets: 'dataset',
  optimizers: 'optimizer',
  schedulers: 'scheduler',
};

/** Every entry of an area with its options and their defaults. */
export function catalogue(area: Area): CatalogueRow[] {
  const section = sections[area];
  if (section === undefined) {
    return Object.values<{ name: string; description: string }>(area === 'tasks' ? tasks : metrics).map(
      ({ name, description }) => ({ name, description, options: [] }),
    );
  }
  if (area === 'optimizers' || area === 'schedulers') {
    return Object.values(registryOf(section, undefined) ?? {}).map((entry) => row(section, entry));
  }
  return Object.values<TaskDefinition>(tasks).flatMap((task) =>
    Object.values(registryOf(section, task.name) ?? {}).map((entry) => ({
      ...row(section, entry, task.name),
      task: task.name,
    })),
  );
}

function row(section: string, definition: NamedDefinition, task?: string): CatalogueRow {
  const { name, description } = definition;
  const schema = sectionSchema(section, definition, task);
  const presets: Readonly<Record<string, unknown>> = name === 'gen' ? { ...resolveGenOptions({}) } : {};
  const options = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>)
    .filter(([key]) => key !== 'name')
    .map(([key, option]): CatalogueOption => {
      const text = option.description ?? '';
      const parsed = option.safeParse(undefined);
      if (!parsed.success) return { name: key, description: text };
      return { name: key, default: parsed.data ?? presets[key] ?? null, description: text };
    });
  return { name, description, options };
}

/** The rows as aligned text, an entry a paragraph. */
export function formatCatalogue(rows: readonly CatalogueRow[]): string {
  const width = Math.max(0, ...rows.map(({ name }) => name.length)) + 2;
  const lines = rows.flatMap(({ name, description, task, options }) => {
    const setting = ({ name: option, default: value }: CatalogueOption) =>
      value === undefined ? `${option} (required)` : `${option}=${JSON.stringify(value)}`;
    const keyWidth = Math.max(0, ...options.map((option) => setting(option).length)) + 2;
    return [
      `${name.padEnd(width)}${description}${task && task !== 'classification' ? ` (task ${task})` : ''}`,
      ...options.map((option) => `    ${setting(option).padEnd(keyWidth)}${option.description}`.trimEnd()),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}
