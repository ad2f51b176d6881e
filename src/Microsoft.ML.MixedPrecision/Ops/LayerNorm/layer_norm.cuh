// What the kernels of a layer normalisation share: rows in pieces of 8 columns, a piece a thread, sums over a block, and the way
// back through the activation. Formulas and their sources: LayerNormKernel.cs.
#pragma once
#include "activation.cuh"

// A block's, so that the sums of its warps fit into one half of a warp.
#define MOST_WARPS 16

// Eight elements as they are stored: asked for early, unpacked when they are needed.
template <class T>
struct Packed {
    uint4 words[sizeof(T) / 2];
};

// Up to eight elements, none where count ≤ 0; the rest is 0.
template <class T>
DEVICE Packed<T> load_packed(const T* from, int count, bool aligned)
{
    Packed<T> packed;
    if (aligned && count >= VECTOR) {
#pragma unroll
        for (int i = 0; i < (int)sizeof(T) / 2; i++)
            packed.words[i] = ((const uint4*)from)[i];
    } else {
        float x[VECTOR];
        load(from, count, false, x);
        store_vector((T*)packed.words, x);
    }
    return packed;
}

template <class T>
DEVICE void unpack(const Packed<T>& packed, float (&x)[VECTOR]) { load_vector((const T*)packed.words, x); }

// First column of a thread's piece: neighbouring threads take neighbouring pieces.
DEVICE int column_of(int piece) { return (int)((piece * blockDim.x + threadIdx.x) * VECTOR); }

// γ and β of a piece.
struct ScaleShift {
    const float* scale;
    const float* shift;

    DEVICE void load_piece(int column, int count, float (&scales)[VECTOR], float (&shifts)[VECTOR]) const
    {
        bool aligned = (((size_t)scale | (size_t)shift) & 15) == 0;
        load(scale + column, count, aligned, scales);
        load(shift + column, count, aligned, shifts);
    }
};

// A row's µ₀, δ and r.
struct Statistics {
    float mean, rest, r;
};

DEVICE Statistics load_statistics(const Matrix<const float>& from, size_t row)
{
    const float* at = from.at(row, 0);
    return Statistics{ at[0], at[1], at[2] };
}

DEVICE float normalize(float x, const Statistics& of) { return (x - of.mean - of.rest) * of.r; }

// What lies behind the row's end, in a piece that is not full.
DEVICE void fill_behind(int count, float value, float (&x)[VECTOR])
{
    if (count >= VECTOR)
        return;
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        x[j] = j < count ? x[j] : value;
}

// dn = dy·act′(n).
DEVICE float gradient_before_activation(float dy, float n)
{
#if ACTIVATION_SAVES_OUTPUT
    n = activate(n);
#endif
    return activation_gradient(dy, n);
}

struct Pair {
    float first, second;
};

// Two sums over a warp, each half of which adds up one of them.
DEVICE float half_sums(const Pair& x)
{
    bool is_upper = (threadIdx.x & 16) != 0;
    float sum = is_upper ? x.second : x.first;
    sum += __shfl_xor_sync(0xFFFFFFFFu, is_upper ? x.first : x.second, 16);
    for (int step = 8; step > 0; step >>= 1)
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    return sum;
}

// Both, the same bits in all lanes.
DEVICE Pair of_halves(float sum) { return Pair{ __shfl_sync(0xFFFFFFFFu, sum, 0), __shfl_sync(0xFFFFFFFFu, sum, 16) }; }

// Two sums over a block of at most MOST_WARPS whole warps, the same bits in all threads.
// room is the warps' to meet in; the next call must be given another, so that nobody writes what somebody has still to read.
DEVICE Pair block_sums(const Pair& x, float (&room)[2 * MOST_WARPS])
{
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
    float sum = half_sums(x);
    if ((lane & 15) == 0)
        room[lane + warp] = sum;
    __syncthreads();
    sum = (lane & 15) < warps ? room[lane] : 0.0f;
    for (int step = 8; step > 0; step >>= 1)
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    return of_halves(sum);
}
