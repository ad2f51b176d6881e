#!/usr/bin/env bash
# Whole training steps of ours and of PyTorch on the same machine in one command, twice each, so that the noise is known.
#
#   run_beside.sh [--work mlp_small,…] [--modes fp32,tf32,fp16,bf16] [--compile 0,4] [--seconds S] [--commit TEXT] [--out FOLDER]
#
# Writes ours-1.jsonl, torch-1.jsonl, ours-2.jsonl, torch-2.jsonl into the folder (default results) and prints all four as one table.
# PYTHON names the interpreter that has torch (default python3). The program is the one beside this folder, as in a bundle; in a
# checkout it is built first.
set -euo pipefail

work=mlp_small,mlp_medium,mlp_large modes=fp32,tf32,fp16,bf16 compile=0,4 seconds=1 commit='' out=results
while (( $# > 0 )); do
    case $1 in
        --work | --modes | --compile | --seconds | --commit | --out)
            (( $# > 1 )) || { echo "$1 needs a value." >&2; exit 2; }
            printf -v "${1#--}" '%s' "$2"
            shift 2 ;;
        *)
            echo "'$1' is no option: write --work, --modes, --compile, --seconds, --commit or --out." >&2
            exit 2 ;;
    esac
done

policies=''
for mode in ${modes//,/ }; do
    case $mode in
        fp32) policy=float32 ;;
        tf32) policy=tensorfloat32 ;;
        fp16) policy=mixed_float16 ;;
        bf16) policy=mixed_bfloat16 ;;
        *) echo "--modes $mode: write fp32, tf32, fp16 or bf16." >&2; exit 2 ;;
    esac
    policies+=${policies:+,}$policy
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
    "$program" steps --work "$work" --policies "$policies" --seconds "$seconds" --commit "$commit" > "$out/ours-$run.jsonl" || failed=1
    echo "torch, run $run" >&2
    "${PYTHON:-python3}" "$peers/torch_baseline.py" --only "$work" --modes "$modes" --compile "$compile" --seconds "$seconds" > "$out/torch-$run.jsonl" || failed=1
    files+=${files:+,}$out/ours-$run.jsonl,$out/torch-$run.jsonl
done

"$program" compare --files "$files"
exit "$failed"
