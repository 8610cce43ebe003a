"""unpack.py WHEEL FOLDER PATTERN...: extracts the files of a wheel whose paths match one of the patterns."""

import fnmatch
import os
import sys
import zipfile


def main(wheel, folder, *patterns):
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if info.is_dir() or not any(fnmatch.fnmatchcase(info.filename, p) for p in patterns):
                continue
            path = archive.extract(info, folder)
            # zipfile drops the permissions; ptxas must stay executable.
            if info.external_attr >> 16 & 0o111:
                os.chmod(path, 0o755)


try:
    main(*sys.argv[1:])
except (OSError, zipfile.BadZipFile) as error:
    sys.exit(str(error))
