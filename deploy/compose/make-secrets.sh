#!/bin/sh
# Makes the secret files of docker-compose.yml. What is there already stays: passwords live as long as the volumes.
# Usage: make-secrets.sh KUBECONFIG [FOLDER]
set -eu
if [ $# -lt 1 ] || [ ! -r "$1" ]; then
  echo "usage: $0 KUBECONFIG [FOLDER]: name a kubeconfig that can be read" >&2
  exit 2
fi
folder="${2:-$(dirname "$0")/secrets}"
mkdir -p "$folder"
# The folder keeps others out; the files are readable by all, since each container runs as a user of its own.
chmod 700 "$folder"

random() {
  od -An -v -N 24 -t x1 /dev/urandom | tr -d ' \n'
}

# keep NAME: writes what it reads, unless the file is there already.
keep() {
  content="$(cat)"
  if [ ! -e "$folder/$1" ]; then
    printf '%s\n' "$content" >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
  fi
}

random | keep journal.password
random | keep operator.token
random | keep agent.token
echo "REGISTRY_DATASOURCE_PASSWORD=$(random)" | keep registry.properties
# The kubeconfig is the one thing that may be given anew.
rm -f "$folder/kubeconfig"
keep kubeconfig <"$1"
