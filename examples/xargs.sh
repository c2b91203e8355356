#!/bin/sh
# One job in pieces over the processors of this machine: xargs.sh job.json
#
# `avio-streams` is on PATH (npm install --global avio-streams @aws-sdk/client-s3), and the job has "split".
# WORKERS is the number of pieces at a time, 4 by default. Run it again after a failure: only the missing pieces are
# encoded. Exit codes are those of the command, and 123 if a piece has failed or was killed.
set -eu

plan=$(avio-streams plan "$1" --store) || {
  code=$?
  # A job that can't be split runs whole.
  [ "$code" -eq 8 ] && exec avio-streams run "$1"
  exit "$code"
}
# Of a killed process, xargs itself would end at once, and leave those that run alone: the shell between makes it a failure.
avio-streams plan "$plan" --steps |
  xargs -P "${WORKERS:-4}" -n 1 sh -c 'avio-streams step "$0" "$1" --quiet || exit 1' "$plan"
avio-streams step "$plan" join
# The object is stored. Pieces that can't be removed now are found by "avio-streams clean --work" later.
avio-streams step "$plan" remove || true
