# Restores files of a snapshot into a mounted volume, or archives the volume: sh -c THIS restore STEP ARGUMENT...
#
#   list                                     print the repository's snapshots
#   sizes ID...                              print the bytes and files of snapshots
#   fetch ID PATH WORK BASE                  restore PATH of a snapshot into the folder WORK of the volume, and compare
#   beside BASE WORK NAME                    move what was fetched into the new folder NAME of the volume
#   place BASE WORK KEPT                     move what was fetched to its place; what was there is moved to the folder KEPT
#   discard WORK                             remove what was fetched
#   database WORK ENDING                     put the fetched databases of the hub in place; the former ones get ENDING
#   archive BASE HOST TAG...                 back the volume, which is mounted at BASE, up, and print the snapshot
#   verify ID                                read all files of a snapshot from the repository, and compare their checksums
#   forget ID...                             delete snapshots, and the data that no other one needs
#
# BASE is the path in the snapshot that corresponds to the volume's own folder. Nothing is overwritten or deleted that
# this program has not written itself. Each step can be repeated after its interruption.
#
# Lines that begin with @ are for the operator's command. Needs restic 0.14 or newer, and POSIX tools as in BusyBox.
set -u
umask 077
volume=${VOLUME:-/volume}
authority=
if [ -n "${CA_CERTIFICATE:-}" ]; then
    authority=${TMPDIR:-/tmp}/authority.pem
    printf '%s\n' "$CA_CERTIFICATE" >"$authority"
fi

limit=
run_restic() {
    $limit restic ${authority:+--cacert "$authority"} "$@"
}

interruptible() { # restic, which removes its lock after a signal
    restic ${authority:+--cacert "$authority"} "$@" &
    child=$!
    trap 'kill -INT $child; wait $child; exit 143' TERM INT
    wait $child
    code=$?
    trap - TERM INT
    return $code
}

failed() { # REASON [DETAIL]
    printf '@failed %s\n' "$*"
    exit 1
}

# Special characters of restic's patterns lose their meaning.
escape_pattern() { printf '%s.' "$1" | sed 's/[][\\*?]/\\&/g'; }

moved_to_place() { # WORK KEPT DRY: for each fetched file and folder
    cd "$volume/$1" || failed unfinished
    umask 022
    export volume kept="$2" dry="$3"
    # A folder that is in the volume, too, is entered (false); every other is moved as a whole (true).
    find . -mindepth 1 -type d -exec sh -c '
        at=$volume/${1#./}
        if [ -d "$at" ] && [ ! -L "$at" ]; then exit 1; fi
        if [ -e "$at" ] || [ -L "$at" ]; then
            printf "@replaces %s" "${1#./}" | tr "\n" "?"; echo
            [ -n "$dry" ] && exit 0
            mkdir -p "$volume/$kept/${1%/*}" && mv "$at" "$volume/$kept/${1#./}" || { echo "@unplaced"; exit 0; }
        else
            echo "@adds"
            [ -n "$dry" ] && exit 0
        fi
        mv "$1" "$at" || echo "@unplaced"
    ' place {} \; -prune -o ! -type d -exec sh -c '
        for file; do
            at=$volume/${file#./}
            if [ -e "$at" ] || [ -L "$at" ]; then
                if [ -L "$at" ] || [ -L "$file" ]; then
                    [ -L "$at" ] && [ -L "$file" ] && [ "$(readlink "$at")" = "$(readlink "$file")" ] && continue
                elif [ -f "$at" ] && [ -f "$file" ]; then
                    cmp -s "$at" "$file" && continue
                fi
                printf "@replaces %s" "${file#./}" | tr "\n" "?"; echo
                [ -n "$dry" ] && continue
                old=$volume/$kept/${file#./}
                mkdir -p "$volume/$kept/${file%/*}" || { echo "@unplaced"; continue; }
                # With a second name for the old file, there is one in place at every moment.
                if [ -d "$at" ] || [ -L "$at" ] || ! ln "$at" "$old" 2>/dev/null; then
                    mv "$at" "$old" || { echo "@unplaced"; continue; }
                fi
            else
                echo "@adds"
                [ -n "$dry" ] && continue
            fi
            mv -f "$file" "$at" || echo "@unplaced"
        done
    ' place {} +
}

removed() { # FOLDER; modes of files stay, because a file in it may have a second name in the volume
    rm -rf "$1" 2>/dev/null || { find "$1" -type d -exec chmod u+rwx {} + && rm -rf "$1"; }
}

owned_by_user() { # FOLDER: the folders above restored files, which restic creates for itself
    chown "${OWNER:-1000:100}" "$1" 2>/dev/null
    chmod u+rwx,go+rx "$1"
}

fetch() { # ID PATH WORK BASE
    id=$1 path=$2 work=$volume/$3 base=$4
    for left in "$volume"/.restoring-*; do
        # Copies of earlier runs that ended before their last step.
        if [ -e "$left" ]; then removed "$left" || failed left-over; fi
    done
    # In JSON, a quotation mark in a name is escaped, so that this finds sizes only.
    needed=$({ run_restic ls --json --recursive "$id" "$path" || echo "@ls-failed"; } | awk '
        $0 == "@ls-failed" { has_failed = 1 }
        /"struct_type":"node"|"message_type":"node"/ {
            count++
            if (match($0, /"size":[0-9]+/)) bytes += substr($0, RSTART + 7, RLENGTH - 7)
        }
        END { printf "%d %.0f", count, bytes + count * 4096; exit has_failed }') || failed restic
    [ "${needed% *}" -gt 0 ] || failed no-path
    free=$(df -Pk "$volume" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
    echo "@needs $needed $free"
    if awk -v needed="${needed#* }" -v free="$free" 'BEGIN { exit !(needed * 1.02 > free) }'; then
        failed no-space "${needed#* }" "$free"
    fi
    restoring=
    trap 'if [ -n "$restoring" ]; then kill $restoring; wait $restoring; fi
        removed "$work"; exit 143' TERM INT
    mkdir "$work" || failed volume
    pattern=$(escape_pattern "$path")
    run_restic restore "$id" --target "$work" --include "${pattern%.}" &
    restoring=$!
    seconds=0
    while kill -0 $restoring 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        if [ $((seconds % 5)) -eq 0 ]; then
            du -sk "$work" 2>/dev/null | awk '{ printf "@progress %.0f\n", $1 * 1024 }'
        fi
    done
    wait $restoring || failed restic
    trap - TERM INT
    [ -e "$work$path" ] || [ -L "$work$path" ] || failed no-path
    folder=${path%/*}
    while [ "${#folder}" -ge "${#base}" ]; do
        owned_by_user "$work$folder"
        folder=${folder%/*}
    done
    # From now on, the fetched files are in WORK as they are below the volume's folder.
    mv "$work" "$work.all" && mv "$work.all$base" "$work" && rm -rf "$work.all" || failed volume
    (moved_to_place "$3" "" dry) | summarize
    echo "@fetched"
}

summarize() { # the paths of the first files that are replaced, and the numbers of all
    awk '/^@replaces/ { replaced++; if (replaced <= 100) print; next } /^@adds/ { added++; next }
        /^@unplaced/ { unplaced++; next } { print }
        END { printf "@counts %d %d %d\n", added, replaced, unplaced; exit unplaced > 0 }'
}

beside() { # BASE WORK NAME
    [ -d "$volume/$2" ] || failed unfinished
    name=$3 number=1
    while [ -e "$volume/$name" ] || [ -L "$volume/$name" ]; do number=$((number + 1)); name=$3-$number; done
    owned_by_user "$volume/$2"
    mv "$volume/$2" "$volume/$name" || failed volume
    sync
    echo "@placed $name"
}

place() { # BASE WORK KEPT
    [ -d "$volume/$2" ] || failed unfinished
    kept=$3 number=1
    while [ -e "$volume/$kept" ] || [ -L "$volume/$kept" ]; do number=$((number + 1)); kept=$3-$number; done
    (moved_to_place "$2" "$kept" "") | summarize || failed unplaced "$kept"
    if [ -d "$volume/$kept" ]; then
        find "$volume/$kept" -type d -user 0 -exec chown "${OWNER:-1000:100}" {} +
    else
        kept=
    fi
    discard "$2"
    sync
    echo "@placed $kept"
}

discard() { # WORK
    [ -e "$volume/$1" ] || return 0
    removed "$volume/$1" || failed volume
}

database() { # WORK ENDING
    [ "$(head -c 15 "$volume/$1/jupyterhub.sqlite" 2>/dev/null)" = "SQLite format 3" ] || failed no-database
    for new in "$volume/$1"/*.sqlite; do
        at=$volume/${new##*/}
        chown "$(stat -c %u:%g "$at" 2>/dev/null || echo "${OWNER:-1000:1000}")" "$new" 2>/dev/null
        chmod 600 "$new"
        # A journal of the old database would destroy the new one.
        for journal in -journal -wal -shm; do
            if [ -e "$at$journal" ]; then mv "$at$journal" "$at.$2$journal" || failed volume; fi
        done
        if [ -e "$at" ] && ! ln "$at" "$at.$2" && ! cp -p "$at" "$at.$2"; then failed volume; fi
        mv -f "$new" "$at" || failed volume
    done
    removed "$volume/$1" || failed volume
    sync
    echo "@placed jupyterhub.sqlite.$2"
}

archive() { # BASE HOST TAG...
    base=$1 host=$2
    shift 2
    for tag; do
        set -- "$@" "--tag=$tag"
        shift
    done
    # With --force, files that seem to be unchanged since the last backup are read, too.
    RESTIC_PROGRESS_FPS=0.02 interruptible backup --json --force --host="$host" "$@" --exclude="$base/lost+found" \
        --exclude="$base/.restoring-*" "$base" >"${TMPDIR:-/tmp}/archive"
    made=$(sed -n 's/.*"message_type":"summary".*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "${TMPDIR:-/tmp}/archive")
    case $code in
    0) echo "@archived $made" ;;
    3) # It is incomplete, would be listed as an archive, and no retention would delete it.
        [ -z "$made" ] || interruptible forget "$made" >/dev/null
        failed unreadable ;;
    *) failed restic ;;
    esac
}

list() {
    limit="timeout -s INT $LIST_SECONDS"
    run_restic snapshots --no-lock --json >"${TMPDIR:-/tmp}/snapshots"
    case $? in
    0) ;;
    124 | 130) echo "timeout: no answer within $LIST_SECONDS s"; failed restic ;;
    *) failed restic ;;
    esac
    gzip -c "${TMPDIR:-/tmp}/snapshots" | base64 | sed 's/^/@snapshots /'
}

LIST_SECONDS=120 # restic itself would try for 15 minutes
step=$1
shift
case $step in
list) list ;;
sizes) for id; do
        found=$(run_restic stats --json --mode restore-size "$id") || failed restic
        echo "@size $id $(printf %s "$found" | tr -d ' \n' | sed 's/.*"total_size":\([0-9]*\).*"total_file_count":\([0-9]*\).*/\1 \2/')"
    done ;;
fetch) fetch "$@" ;;
beside) beside "$@" ;;
place) place "$@" ;;
discard) discard "$@" ;;
database) database "$@" ;;
archive) archive "$@" ;;
# The content goes nowhere: a home can be larger than the node's disk.
verify) interruptible dump "$1" / >/dev/null || failed restic ;;
forget) interruptible forget --prune "$@" || failed restic ;;
*) failed step "$step" ;;
esac
