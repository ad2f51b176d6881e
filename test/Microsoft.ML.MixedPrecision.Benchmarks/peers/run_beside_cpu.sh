#!/usr/bin/env bash
# Products and whole training steps of ours and of PyTorch on the CPU of the same machine, in turns within one command, twice, so that the noise is known.
#
#   run_beside_cpu.sh [--rounds N] [--commit TEXT] [--out FOLDER]
#
# Writes cpu-beside-1.jsonl and cpu-beside-2.jsonl into the folder (default results).
# PYTHON names the interpreter that has torch (default python3; on Debian /usr/bin/python3 with python3-torch, libopenblas0-openmp and libopenblas0-pthread).
# The command sets the peer up in several ways and refuses those that are not fit to be compared with: see CpuEngine/PeerSetup.cs and PeerFacts.cs.
# The program is the one beside this folder, as in a bundle; in a checkout it is built first.
set -euo pipefail

rounds=21 commit='' out=results
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
for run in 1 2; do
    "$program" cpu --policies float32,mixed_bfloat16 --peer "${PYTHON:-python3}" --rounds "$rounds" --commit "$commit" | tee "$out/cpu-beside-$run.jsonl" || failed=1
done

exit "$failed"
