#!/usr/bin/env bash
# Compiles every CUDA kernel for every format without a GPU and without CUDA: clang, with a header that declares what NVRTC
# predefines. A kernel file names what it is compiled with in a line "// macros: T_X T_Y ACTIVATION".
# Needs clang++-19; installs it with apt-get where that is possible, and fails where it is not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

library=src/Microsoft.ML.MixedPrecision

if ! command -v clang++-19 >/dev/null; then
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        { apt-get install -y clang-19 || { apt-get update && apt-get install -y clang-19; }; } >/dev/null 2>&1 || true
    fi
    if ! command -v clang++-19 >/dev/null; then
        echo 'clang++-19 is not here and could not be installed; without it no kernel is checked. Install the package clang-19.' >&2
        exit 1
    fi
fi

# The values a macro takes in a file.
values() {
    case $1:$2 in
        */cast.cu:T_*) echo float float16 bfloat16 tensorfloat32 ;;
        */attention_plain_*:T_*) echo float float16 bfloat16 tensorfloat32 ;;
        */attention_rest.cu:T_*) echo float float16 bfloat16 ;;
        */attention_*:T_*) echo float16 bfloat16 tensorfloat32 ;;
        *:T_*) echo float float16 bfloat16 ;;
        *:ACTIVATION) echo 0 1 2 3 4 5 6 7 8 ;;
        */attention_plain_*:COLUMNS) echo 64 128 ;;
        *:COLUMNS) echo 2 4 ;;
        *:HELD) echo 1 8 32 ;;
        */pooling.cu:KIND) echo 0 1 2 3 ;;
        *:KIND) echo 0 1 2 ;;
        */narrow_product.cu:ITEMS) echo 1 2 ;;
        */layer_norm_forward.cu:ITEMS) echo 0 8 16 ;;
        *:ITEMS) echo 8 16 ;;
        */attention_backward_short.cu:HEAD) echo 32 64 ;;
        *:HEAD) echo 32 64 128 ;;
        *:ROWS | *:STEPS) echo 64 128 ;;
        *:DROPOUT) echo 0 1 ;;
        *) echo "No values are known for the macro $2." >&2; return 1 ;;
    esac
}

# One line for each combination of values of a file's macros.
combinations() {
    local file=$1 lines=('') next macro value line
    for macro in $(sed -n 's|^// macros: ||p' "$file"); do
        next=()
        for value in $(values "$file" "$macro"); do
            for line in "${lines[@]}"; do
                next+=("$line -D$macro=$value")
            done
        done
        lines=("${next[@]}")
    done
    printf '%s\n' "${lines[@]}"
}

include=()
while IFS= read -r folder; do
    include+=("-I$folder")
done < <(find "$library" -name '*.cuh' -not -path '*/obj/*' -not -path '*/bin/*' -printf '%h\n' | sort -u)

compile=(clang++-19 -x cuda -std=c++17 -nocudainc -nocudalib --cuda-device-only --cuda-gpu-arch=sm_90
    -Xclang -target-feature -Xclang +ptx80 -ffp-contract=off -Wall -Wextra -Werror -Wno-unknown-cuda-version -Wno-undefined-inline -Wno-pass-failed
    -O1 -S -o - -include build/kernels/nvrtc_shim.cuh "${include[@]}")

count=0
jobs=$(mktemp)
trap 'rm -f "$jobs"' EXIT
while IFS= read -r file; do
    while IFS= read -r macros; do
        echo "$macros $file" >>"$jobs"
        count=$((count + 1))
    done < <(combinations "$file")
done < <(find "$library" -name '*.cu' -not -path '*/obj/*' -not -path '*/bin/*' | sort)

if (( count == 0 )); then
    echo 'There are no kernels to check.' >&2
    exit 1
fi
xargs -P "$(nproc)" -L 1 "${compile[@]}" <"$jobs" >/dev/null
echo "$count kernels and formats compile"
