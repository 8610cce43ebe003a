import { locateSource, type Places } from '../data/sources.js';
import { MissingError } from '../errors.js';
import { hasJava, type MeteorProgram } from '../metrics/meteor.js';

/** METEOR's files, fetched where they are absent; undefined, with a word on standard error, where it cannot run. */
export async function locateMeteor(places: Places): Promise<MeteorProgram | undefined> {
  const skip = (reason: string) => {
    process.stderr.write(`warning: METEOR is left out: ${reason}\n`);
    return undefined;
  };
  if (!(await hasJava())) return skip('it needs Java (java on the PATH, or JAVA_HOME)');
  try {
    const [jar, paraphrases] = await locateSource('meteor-1.5', places);
    return { jar: jar!.path, paraphrases: paraphrases!.path };
  } catch (error) {
    if (error instanceof MissingError) return skip(error.message);
    throw error;
  }
}
