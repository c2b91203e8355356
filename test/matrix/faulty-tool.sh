#!/bin/sh
# Stands in for ffmpeg or ffprobe (AVIO_TOOL): the real one, but for what AVIO_FAULT says, where it is run for AVIO_ROLE.
case "${AVIO_TOOL##*/} $*" in
*-version*) role=version ;;
ffprobe*) role=ffprobe ;;
*' -t 0 '*) role=look-ahead ;;
*) role=ffmpeg ;;
esac
tool=$AVIO_TOOL
[ "$role" = "$AVIO_ROLE" ] || exec "$tool" "$@"
case "$AVIO_FAULT" in
killed) kill -KILL $$ ;;
terminated) kill -TERM $$ ;;
interrupted) trap - INT && kill -INT $$ ;;
killed-midway) "$tool" "$@" | head -c 9000 && kill -KILL $$ ;;
crashed) "$tool" "$@" | head -c 9000 && kill -SEGV $$ ;;
stopped) kill -STOP $$ ;;
silent) exec sleep 600 ;;
deaf) trap '' TERM && sleep 600 ;;
exits-0) exit 0 ;;
exits-1) exit 1 ;;
exits-0-midway) "$tool" "$@" | head -c 9000 && exit 0 ;;
exits-1-late) "$tool" "$@" && exit 1 ;;
floods) head -c 4000000 /dev/zero | tr '\0' 'x' | fold -w 100 >&2 && exec "$tool" "$@" ;;
closes-stdout) exec "$tool" "$@" >&- ;;
closes-stdin) exec "$tool" "$@" <&- ;;
closes-stderr) exec "$tool" "$@" 2>&- ;;
garbage) "$tool" "$@" && echo 'garbage behind the end' ;;
copies) exec cat ;;
grandchild) sleep 600 & exec "$tool" "$@" ;;
wrapper) "$tool" "$@" ;;
too-old) printf 'ffmpeg version 4.3 Copyright (c) 2000-2020\nlibavformat    58. 45.100 / 58. 45.100\n' ;;
*) exit 99 ;;
esac
