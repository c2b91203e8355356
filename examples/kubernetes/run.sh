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

# Applies a manifest with its variables, and waits until the job has ended.
run() {
  step=$1
  kubectl delete job "$NAME-$step" --ignore-not-found
  sed -e "s|\${NAME}|$NAME|g; s|\${IMAGE}|$IMAGE|g; s|\${PLAN}|${PLAN-}|g; s|\${COUNT}|${COUNT-}|g" \
    -e "s|\${PARALLELISM}|$PARALLELISM|g" "$manifests/$step.yaml" | kubectl apply -f -
  while :; do
    ended=$(kubectl get job "$NAME-$step" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case "$ended" in
      *Complete*) return ;;
      *Failed*)
        kubectl logs "job/$NAME-$step" --tail 20 >&2
        echo "The job $NAME-$step has failed" >&2
        exit 1
        ;;
    esac
    sleep 1
  done
}

kubectl delete configmap "$NAME" --ignore-not-found
kubectl create configmap "$NAME" "--from-file=job.json=$JOB"
run plan
PLAN=$(kubectl logs "job/$NAME-plan" | grep '^s3://')
COUNT=$(kubectl logs "job/$NAME-plan" | grep -x '[0-9]*')
run pieces
run join
kubectl logs "job/$NAME-join"
