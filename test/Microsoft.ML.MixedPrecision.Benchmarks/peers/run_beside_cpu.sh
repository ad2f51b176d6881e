#!/usr/bin/env bash
# Products and whole training steps of ours and of PyTorch on the CPU of the same machine in one command, twice each, so that the noise is known.
#
#   run_beside_cpu.sh [--rounds N] [--commit TEXT] [--out FOLDER]
#
# Writes cpu-1.jsonl, torch-cpu-1.jsonl, cpu-2.jsonl, torch-cpu-2.jsonl into the folder (default results) and prints all four as one table.
# PYTHON names the interpreter that has torch (default python3; on Debian /usr/bin/python3 with python3-torch and libopenblas0-pthread).
# The program is the one beside this folder, as in a bundle; in a checkout it is built first.
set -euo pipefail

rounds=41 commit='' out=results
while (( $# > 0 )); do
    case $1 in
        --rounds | --commit | --out)
            (( $# > 1 )) || { echo "$1 needs a value." >&2; exit 2; }
            printf -v "${1#--}" '%s' "$2"
            shift 2 ;;
        *)
            echo "'$1' is no option: write --rounds, --commit or --out." >&2
            exit 2 ;;
    esac
done

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$peers/../Microsoft.ML.MixedPrecision.Benchmarks
if [[ -f $program.csproj ]]; then
    dotnet build --nologo --verbosity quiet --configuration Release "$program.csproj" >&2
    program=$peers/../bin/Release/net10.0/Microsoft.ML.MixedPrecision.Benchmarks
fi

mkdir -p "$out"
failed=0
files=''
for run in 1 2; do
    echo "ours, run $run" >&2
    "$program" cpu --rounds "$rounds" --commit "$commit" > "$out/cpu-$run.jsonl" || failed=1
    echo "torch, run $run" >&2
    "${PYTHON:-python3}" "$peers/torch_cpu_baseline.py" "$(nproc)" > "$out/torch-cpu-$run.jsonl" || failed=1
    files+=${files:+,}$out/cpu-$run.jsonl,$out/torch-cpu-$run.jsonl
done

"$program" compare --files "$files"
exit "$failed"
