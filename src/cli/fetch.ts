import type { Command } from 'commander';

export function addFetch(program: Command): void {
  program
    .command('fetch')
    .summary('download data and weights')
    .description(
      'Downloads what a config, a dataset or a weights source needs into the cache, checksums verified, and prints\n' +
        'the paths. The cache is $GEN_BENCH_CACHE, else ~/.cache/gen-bench.',
    )
    .argument('<config|dataset|weights...>', 'config files, dataset names, or ids of datasets/manifest.yaml')
    .action(async (targets: string[]) => {
      const { sourcesOf } = await import('./fetch-sources.js');
      const { fetchSource } = await import('../data/fetch.js');
      const { cacheDirectory } = await import('../data/cache.js');
      const wanted = new Map(targets.flatMap(sourcesOf).map((source) => [source.id, source]));
      for (const source of wanted.values()) {
        for (const { path } of await fetchSource(source, cacheDirectory())) process.stdout.write(`${path}\n`);
      }
    });
}
