import { type Command, InvalidArgumentError } from 'commander';

/** Classes of an image that are printed. */
const TOP_CLASSES = 5;

interface PredictFlags {
  out?: string;
  score: number;
  dataDir?: string;
}

export function addPredict(program: Command): void {
  program
    .command('predict')
    .summary('what a trained model sees in an image')
    .description(
      'Lists the objects that a detector finds in an image and draws their boxes and masks, or prints the likeliest\n' +
        'classes of an image. Models are runs with a checkpoint, or configs with published weights.',
    )
    .argument('<run-dir|config.yaml>')
    .argument('<image>')
    .option('--out <file>', '.png or .svg with the objects (detectors only)')
    .option('--score <least>', 'leave out objects with a lower score', score, 0.5)
    .option('--data-dir <dir>', 'folder with weights of your own')
    .action(async (model: string, image: string, flags: PredictFlags) => {
      process.stdout.write(await predict(model, image, flags));
    });
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('expected a number from 0 to 1.');
  }
  return value;
}

async function predict(path: string, image: string, flags: PredictFlags): Promise<string> {
  const { loadTrainedModel } = await import('../run/trained-model.js');
  const { UsageError } = await import('../errors.js');
  const { classifyImage, detectObjects, encodePng } = await import('../run/predict.js');
  const trained = await loadTrainedModel(path, flags.dataDir);
  switch (trained.config.task) {
    case 'classification': {
      if (flags.out) throw new UsageError('--out draws objects; this model gives classes: leave it out');
      const classes = await classifyImage(trained, image, TOP_CLASSES);
      return classes.map(({ name, probability }) => `${probability.toFixed(4)}  ${name}\n`).join('');
    }
    case 'detection': {
      const { picture, objects } = await detectObjects(trained, image, flags.score);
      const lines = objects.map(({ name, score, box }) => {
        return `${score.toFixed(4)}  ${name}  ${box.map((edge) => edge.toFixed(1)).join(' ')}\n`;
      });
      const none = lines.length === 0 ? [`nothing with a score of ${flags.score} or more\n`] : [];
      if (!flags.out) return [...lines, ...none].join('');
      const { objectsSvg } = await import('../report/objects-picture.js');
      const { writePicture } = await import('../report/picture.js');
      writePicture(flags.out, await objectsSvg(picture, objects, encodePng));
      return [...lines, ...none, `${flags.out}\n`].join('');
    }
    default:
      throw new UsageError(
        `${path}: its task is ${trained.config.task}; predict is for classification of images and detection`,
      );
  }
}
