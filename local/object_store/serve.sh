#!/bin/sh
# Run the S3 server of one folder in the foreground: serve.sh PROGRAM FOLDER
#
# Its settings and the administrator's secret are in a file that only root can read, so that they are in no list of
# processes and not in supervisor's configuration.
set -eu
set -a
. "$2/environment"
set +a
exec "$1" posix "$2/objects"
