"""The shell scripts of containers that run restic. Arguments contain no secrets; restic reads them from variables.

The scripts need only a POSIX shell with ``tail``, ``grep``, ``sort``, ``sleep``, ``date`` and ``timeout``, as in
BusyBox. Each writes its result into the container's termination message: the last line of restic's output, or the end
of its errors.
"""

from components.in_backup.causes import LOCKED, NO_REPOSITORY, PERMANENT

CACHE = "/cache"
"""Mount path of a folder of the pod's own, for restic's cache and the script's files."""

CA_FILE = "/store/ca.crt"
"""Mount path of the certificate of the store's authority."""

TROUBLE_SECONDS = 300
"""Time for which restic may repeat failed requests; it would do so for 15 minutes for each object."""

CALM_SECONDS = 120
"""Time without a failed request after which the store counts as reachable again; restic waits for up to a minute."""

RUN_HOST = "backup-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""Beginning of the host names of a run's pods: the UID of the run's own pod."""

_RETRY = "returned error, retrying"
"""Text of restic's lines about requests that it repeats."""

_FUNCTIONS = f"""\
out={CACHE}/output errors={CACHE}/errors child= code=0 limit= sink=$out
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
watch() {{
  seconds=0 since= last=0 failed=0
  while sleep 2; do
    seconds=$((seconds + 2)) before=$failed
    failed=$(grep -c "{_RETRY}" $errors)
    if [ "$failed" -gt "$before" ]; then
      if grep "{_RETRY}" $errors | grep -qE "{"|".join(PERMANENT)}"; then kill -INT "$1"; return; fi
      since=${{since:-$seconds}} last=$seconds
    elif [ $((seconds - last)) -gt {CALM_SECONDS} ]; then since=
    fi
    if [ -n "$since" ] && [ $((seconds - since)) -ge {TROUBLE_SECONDS} ]; then
      echo "no answer within {TROUBLE_SECONDS} s" >>$errors
      kill -INT "$1"
      return
    fi
  done
}}
run() {{
  $limit restic $ca "$@" >$sink 2>$errors &
  child=$!
  watch $child &
  watcher=$!
  wait "$child"; code=$?
  child=
  kill $watcher 2>/dev/null
}}
"""

RUN = f"""\
{_FUNCTIONS}
run "$@"
finish $code
"""
"""Runs restic with the script's arguments. After a signal, restic removes its lock."""

OPEN_SECONDS = 120
"""Time limit of the first connection."""

OPEN = f"""\
{_FUNCTIONS}
limit="timeout -k 10 -s INT {OPEN_SECONDS}"
run cat config --no-lock
if [ $code = {NO_REPOSITORY} ] || grep -q "specified key does not exist" $errors; then run init; fi
if [ $code = 0 ]; then
  run list locks --no-lock
  locks=$(cat $out) others=
  for lock in $locks; do
    run cat lock "$lock" --no-lock
    if ! tr -d ' \\n' <$out | grep -qE '"hostname":"{RUN_HOST}'; then others=1; fi
  done
  if [ -n "$others" ]; then run unlock; elif [ -n "$locks" ]; then run unlock --remove-all; fi
fi
if [ $code = 124 ] || [ $code = 137 ] || [ $code = 143 ]; then echo "no answer within {OPEN_SECONDS} s" >>$errors; fi
finish $code
"""
"""Opens the repository or creates it, and removes the locks that killed pods have left.

It never replaces an existing repository. There is one run at a time, and its pods begin after this one, so that locks
with the host names of runs are of ended ones. If there is any other lock, restic decides which ones are stale.
"""

LOCK_MINUTES = 35
"""Time for which a lock is waited for: restic removes locks of killed processes after 30 minutes."""

_EXCLUSIVE = f"""\
minutes=0
while :; do
  run "$@"
  if [ $code = 0 ] || [ $minutes -ge {LOCK_MINUTES} ]; then break; fi
  if [ $code != {LOCKED} ] && ! grep -q "already locked" $errors; then break; fi
  minutes=$((minutes + 1))
  sleep 60 & child=$!
  wait "$child"; child=
  restic $ca unlock >$out 2>$errors
done
finish $code
"""

EXCLUSIVE = f"{_FUNCTIONS}{_EXCLUSIVE}"
"""Runs restic with the script's arguments as soon as no other process uses the repository."""

FUTURE_SECONDS = 86_400
"""Age below zero at which a backup is one of the future; the times in restic's list have the zone of its container."""

FORGET = f"""\
{_FUNCTIONS}
run snapshots --json --no-lock
if [ $code != 0 ]; then finish $code; fi
latest=$(date -u -d "@$(($(date +%s) + {FUTURE_SECONDS}))" +%Y-%m-%dT%H:%M)
newest=$(grep -oE '"time":"[0-9T:-]{{16}}' $out | cut -c 9- | sort | tail -n 1)
if [ "$(printf '%s\\n%s\\n' "$latest" "$newest" | sort | tail -n 1)" != "$latest" ]; then
  echo "there is a backup of the future, $newest, made with a wrong clock; until then no backup is deleted, because it \
would count as the newest" >>$errors
  finish 1
fi
{_EXCLUSIVE}"""
"""Runs ``restic forget`` with the script's arguments, unless there are backups of the future.

They would take the places of the newest days, weeks and months, so that restic would delete today's backups instead.
"""

DATABASE = f"""\
{_FUNCTIONS}
run "$@" --files-from-verbatim {CACHE}/files
finish $code
"""
"""Runs restic with the script's arguments on the files that ``copy_database`` lists."""

DUMP = f"""\
{_FUNCTIONS}
sink=/dev/null
run "$@"
finish $code
"""
"""Runs ``restic dump`` with the script's arguments, without its output: restic compares each part with its checksum."""

VERIFY = f"""\
{_FUNCTIONS}
run snapshots --json --no-lock "$1"
if [ $code != 0 ]; then finish $code; fi
id=$(grep -oE '"id":"[0-9a-f]{{64}}"' $out | cut -d '"' -f 4)
if [ -z "$id" ]; then echo "the repository does not list $1" >>$errors; finish 1; fi
sink=/dev/null
run dump --archive=tar "$1" /
if [ $code = 0 ]; then printf '{{"message_type":"summary","snapshot_id":"%s"}}\\n' "$id" >$out; fi
finish $code
"""
"""Reads all of the snapshot that the argument names, as ``DUMP`` does, and results in its whole id.

Older versions of restic report only the beginning of the id after a backup.
"""
