#!/bin/sh
# The main job on the sample fleet: from a moved tag to a verdict on every cluster. It works on a scratch copy, shows
# each command as a user types it, and stops at any exit code that it does not expect.
set -eu

sample=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gitops-golden-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cp -R "$sample" "$scratch/fleet"
cd "$scratch/fleet"

# The clusters were recorded at this time, so commits and ages are judged as of then.
at=$(cat snapshots/recorded-at)
GIT_AUTHOR_DATE=$at GIT_COMMITTER_DATE=$at
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
git init --quiet --bare --initial-branch=main ../clusters.git

# run EXPECTED-EXIT-CODE WHY COMMAND…
run() {
  expected=$1
  printf '\n# %s\n$ %s\n' "$2" "$3"
  code=0
  eval "$3" || code=$?
  if [ "$code" -ne "$expected" ]; then
    echo "demo: exit code $code where $expected was expected" >&2
    exit 1
  fi
}

run 0 'Is the policy right?' 'gitops-golden check'
run 0 'The fleet as it stands: publish what the lock holds.' 'gitops-golden publish --repo ../clusters.git'
run 1 'Has a tag moved since? (exit code 1: yes)' 'gitops-golden lock --check'
run 0 'Lock its new digest.' 'gitops-golden lock'
run 0 'What will every cluster hold?' 'gitops-golden plan'
run 1 'What would publishing change? (exit code 1: something)' 'gitops-golden diff --repo ../clusters.git'
run 0 'One commit for the GitOps engine.' 'gitops-golden publish --repo ../clusters.git'
run 1 'Has every cluster converged? (exit code 1: no)' \
  "gitops-golden verify --repo ../clusters.git --snapshots snapshots --at $at"
run 1 'What do clusters hold that Git does not say? (exit code 1: something)' \
  "gitops-golden drift --repo ../clusters.git --snapshots snapshots --at $at"

printf '\nThat was the whole path. README.md tells how to walk it with your own registry, repository and clusters.\n'
