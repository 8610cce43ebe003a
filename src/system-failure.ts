import { type GenBenchError, UsageError } from './errors.js';

/** What the operating system says no to, and what helps. */
const reasons: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  ENOSPC: ['the disk is full', 'Make room, then go on with --resume.'],
  EDQUOT: ['the disk quota is used up', 'Make room, then go on with --resume.'],
  EROFS: ['the file system is read-only', 'Choose another folder: --out.'],
  EACCES: ['no permission', 'Choose another folder, or change its permissions.'],
  EPERM: ['not permitted', 'Choose another folder, or change its permissions.'],
  EIO: ['the disk reports an error', 'Check the disk; what was written before is kept.'],
  EMFILE: ['too many open files', 'Raise the limit: ulimit -n.'],
  ENFILE: ['too many open files', 'Raise the limit of the system.'],
  ENOENT: ['no such file or folder', 'Was it moved or deleted meanwhile?'],
  ENOTDIR: ['a part of the path is a file', 'Choose another path.'],
  EISDIR: ['is a folder', 'Name a file.'],
  EEXIST: ['is there already', 'Choose another path.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  EBUSY: ['is in use', 'Try again later.'],
  ESTALE: ['the network file system lost the file', 'Go on with --resume.'],
};

/**
 * The error of a failed system call in words for people, an exit code 2; undefined for any other error. To be used
 * where files of the user's are written or read: nothing there is a defect in the program.
 */
export function systemFailure(error: unknown): GenBenchError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const known = code === undefined || syscall === undefined ? undefined : reasons[code];
  if (!known) return undefined;
  const [reason, advice] = known;
  return new UsageError(`${path ? `${path}: ` : ''}cannot ${syscall}: ${reason}. ${advice}`, {
    cause: error,
  });
}
