#!/bin/sh
# Runs the directory server of one instance folder in the foreground: serve.sh FOLDER
#
# In a mount namespace of its own, so that what the server keeps in memory files (its semaphore in /dev/shm, lock and
# process id files, database regions) ends with it, even when it is killed, and no other server on the machine sees it.
# Mounts of pods that were there at its start are seen in it too; they hold nothing up, as the kernel drops them when
# their mount point is removed outside.
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
# -d keeps it in the foreground; the number is the server's own default log level (slap.h), which -d would else replace.
exec /usr/sbin/ns-slapd -D "$folder/config" -i "$folder/run/directory.pid" -d 266354688
