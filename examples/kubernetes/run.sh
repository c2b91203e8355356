#!/bin/sh
# One job in pieces on a Kubernetes cluster: run.sh film-1 job.json
#
# The first word names the Kubernetes jobs; the job has "split". IMAGE is an image of the command (the Dockerfile of
# this project makes one), PARALLELISM the number of pods at a time, 20 by default. Run it again after a failure: only
# the missing pieces are encoded.
set -eu
manifests=$(dirname "$0")
NAME=$1 JOB=$2
: "${IMAGE:?is the image of the command}" "${PARALLELISM:=20}"

# The logs of the pods of a Kubernetes job that have succeeded or failed: logs plan Succeeded. Of `kubectl logs job/…`
# it is not known which of several attempts it shows.
logs() {
  kubectl get pods --selector "batch.kubernetes.io/job-name=$NAME-$1" --field-selector "status.phase=$2" --output name |
    while read -r pod; do
      kubectl logs "$pod" --tail 20
    done
}

# Applies a manifest with its variables, and waits until the job has ended: run plan; run step join
run() {
  STEP=${2-$1}
  # Its pods, too, have to be gone: they would be taken for those of the new job.
  kubectl delete job "$NAME-$STEP" --ignore-not-found --cascade=foreground
  sed -e "s|\${NAME}|$NAME|g; s|\${IMAGE}|$IMAGE|g; s|\${PLAN}|${PLAN-}|g; s|\${COUNT}|${COUNT-}|g" \
    -e "s|\${PARALLELISM}|$PARALLELISM|g; s|\${STEP}|$STEP|g" "$manifests/$1.yaml" | kubectl apply -f -
  while :; do
    ended=$(kubectl get job "$NAME-$STEP" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case "$ended" in
      *Complete*) return ;;
      *Failed*)
        logs "$STEP" Failed >&2
        echo "The job $NAME-$STEP has failed" >&2
        exit 1
        ;;
    esac
    sleep 1
  done
}

kubectl delete configmap "$NAME" --ignore-not-found
kubectl create configmap "$NAME" "--from-file=job.json=$JOB"
run plan
PLAN=$(logs plan Succeeded | grep '^s3://')
COUNT=$(logs plan Succeeded | grep -x '[0-9]*')
run pieces
run step join
# The object is stored. Pieces that can't be removed now are found by "avio-streams clean --work" later.
(run step remove) || true
logs join Succeeded
