"""The shell scripts of containers that run restic. Arguments contain no secrets; restic reads them from variables.

The scripts need only a POSIX shell with ``tail``, ``grep``, ``sleep`` and ``timeout``. Each writes its result into the
container's termination message: the last line of restic's output, or the end of its errors.
"""

CACHE = "/cache"
"""Mount path of a folder of the pod's own, for restic's cache and the script's files."""

CA_FILE = "/store/ca.crt"
"""Mount path of the certificate of the store's authority."""

_FUNCTIONS = f"""\
out={CACHE}/output errors={CACHE}/errors child= code=0 limit=
: >$out; : >$errors
ca=; if [ -s {CA_FILE} ]; then ca="--cacert={CA_FILE}"; fi
finish() {{
  if [ "$1" = 0 ]; then tail -n 1 $out >/dev/termination-log
  elif [ "$1" = 3 ]; then {{ tail -n 1 $out; tail -c 2000 $errors; }} >/dev/termination-log
  else tail -c 2500 $errors >/dev/termination-log; fi
  exit "$1"
}}
stop() {{
  if [ -n "$child" ]; then kill -INT "$child" 2>/dev/null; wait "$child"; fi
  echo "the pod was ended" >>$errors
  finish 143
}}
trap stop TERM INT
run() {{
  $limit restic $ca "$@" >$out 2>$errors &
  child=$!
  wait "$child"; code=$?
  child=
}}
"""

RUN = f"""\
{_FUNCTIONS}
run "$@"
finish $code
"""
"""Runs restic with the script's arguments. After a signal, restic removes its lock."""

OPEN_SECONDS = 120
"""Time limit of the first connection; restic itself would try for 15 minutes."""

OPEN = f"""\
{_FUNCTIONS}
limit="timeout -s INT {OPEN_SECONDS}"
run cat config
if [ $code = 10 ] || grep -q "specified key does not exist" $errors; then run init; fi
if [ $code = 0 ]; then run unlock; fi
if [ $code = 124 ] || [ $code = 143 ]; then echo "no answer within {OPEN_SECONDS} s" >>$errors; fi
finish $code
"""
"""Opens the repository or creates it, and removes stale locks. It never replaces an existing one."""

LOCK_MINUTES = 35
"""Time for which a lock is waited for: restic removes locks of killed processes after 30 minutes."""

EXCLUSIVE = f"""\
{_FUNCTIONS}
minutes=0
while :; do
  run "$@"
  if [ $code = 0 ] || [ $minutes -ge {LOCK_MINUTES} ]; then break; fi
  if [ $code != 11 ] && ! grep -q "already locked" $errors; then break; fi
  minutes=$((minutes + 1))
  sleep 60 & child=$!
  wait "$child"; child=
  restic $ca unlock >$out 2>$errors
done
finish $code
"""
"""Runs restic with the script's arguments as soon as no other process uses the repository."""

DATABASE = f"""\
{_FUNCTIONS}
run "$@" --files-from-verbatim {CACHE}/files
finish $code
"""
"""Runs restic with the script's arguments on the files that ``copy_database`` lists."""
