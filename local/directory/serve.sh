#!/bin/sh
# Runs the directory server of one instance folder in the foreground: serve.sh FOLDER
#
# It runs in its own mount namespace. Its memory files (semaphore in /dev/shm, lock and process id files, database
# regions) then disappear with it, even if it is killed, and are invisible to other servers on the machine.
# The namespace also contains mounts of pods that existed at its start. The kernel drops them when their mount point is
# removed outside, so that they block nothing.
set -eu
folder=$1
if [ "${2:-}" != inside ]; then
    exec unshare --mount "$0" "$folder" inside
fi

exec 9>"$folder/held"
if ! flock --nonblock 9; then
    echo "another directory server already runs on $folder" >&2
    exit 1
fi
mount -t tmpfs -o mode=0755,size=256m directory /dev/shm
mount -t tmpfs -o mode=0700,size=256m directory "$folder/run"
mkdir "$folder/run/lock" "$folder/run/db"
# -d keeps it in the foreground; the number is the server's default log level (slap.h), which -d would change.
exec /usr/sbin/ns-slapd -D "$folder/config" -i "$folder/run/directory.pid" -d 266354688
