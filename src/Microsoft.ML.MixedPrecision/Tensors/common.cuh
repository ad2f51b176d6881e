// What every kernel shares: storage formats and their conversions, 16-byte access with scalar tails, places in a matrix,
// reductions in a fixed order. No CUDA headers: NVRTC alone must do. Compiled with --fmad=false, so that a product and a sum
// are rounded each unless fmaf is written: elementwise results then have the bits of the C# kernels beside them.
#pragma once

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define KERNEL extern "C" __global__
#define DEVICE __device__ __forceinline__

// ---- formats: the values of T_… macros ----

struct float16 { u16 bits; };
struct bfloat16 { u16 bits; };

// Float32 whose lower 13 mantissa bits are rounded away, reading and writing.
struct tensorfloat32 { u32 bits; };

DEVICE u32 bits_of(float x) { return __float_as_uint(x); }
DEVICE float of_bits(u32 bits) { return __uint_as_float(bits); }

// The upper bits of a Float32, to nearest, ties to even; a NaN keeps its upper payload and becomes quiet.
DEVICE u32 round_upper_bits(u32 bits, int dropped)
{
    bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    u32 rounded = bits + ((1u << (dropped - 1)) - 1) + ((bits >> dropped) & 1u);
    return is_nan ? (bits | 0x00400000u) : rounded;
}

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bfloat16 x) { return of_bits((u32)x.bits << 16); }
DEVICE float to_float(tensorfloat32 x) { return of_bits(round_upper_bits(x.bits, 13) & ~0x1FFFu); }

DEVICE float to_float(float16 x)
{
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}

// Rounds to nearest, ties to even; overflow gives infinity, NaN stays NaN.
DEVICE void round_to(float x, float& y) { y = x; }
DEVICE void round_to(float x, tensorfloat32& y) { y.bits = round_upper_bits(bits_of(x), 13) & ~0x1FFFu; }
DEVICE void round_to(float x, bfloat16& y) { y.bits = (u16)(round_upper_bits(bits_of(x), 16) >> 16); }
DEVICE void round_to(float x, float16& y) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); }

// Two values in one word, the first in the lower half.
DEVICE u32 pack(float first, float second, const float16*)
{
    float16 low, high;
    round_to(first, low);
    round_to(second, high);
    return (u32)low.bits | ((u32)high.bits << 16);
}

DEVICE u32 pack(float first, float second, const bfloat16*)
{
#if __CUDA_ARCH__ >= 800
    u32 word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
    return word;
#else
    bfloat16 low, high;
    round_to(first, low);
    round_to(second, high);
    return (u32)low.bits | ((u32)high.bits << 16);
#endif
}

DEVICE void unpack(u32 word, float& first, float& second, const float16*)
{
    float16 low = { (u16)word }, high = { (u16)(word >> 16) };
    first = to_float(low);
    second = to_float(high);
}

DEVICE void unpack(u32 word, float& first, float& second, const bfloat16*)
{
    first = of_bits(word << 16);
    second = of_bits(word & 0xFFFF0000u);
}

// 32-bit formats are never packed; the overloads only make the code below compile for them.
DEVICE u32 pack(float, float, const float*) { return 0; }
DEVICE u32 pack(float, float, const tensorfloat32*) { return 0; }
DEVICE void unpack(u32, float&, float&, const float*) {}
DEVICE void unpack(u32, float&, float&, const tensorfloat32*) {}

// ---- eight elements at a time: one 16-byte access in 16 bits, two in 32 ----

#define VECTOR 8

template <class T>
DEVICE void load_vector(const T* from, float (&x)[VECTOR])
{
    if (sizeof(T) == 2) {
        uint4 words = *(const uint4*)from;
        u32 all[4] = { words.x, words.y, words.z, words.w };
#pragma unroll
        for (int i = 0; i < 4; i++)
            unpack(all[i], x[2 * i], x[2 * i + 1], (const T*)0);
    } else {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            uint4 words = ((const uint4*)from)[half];
            u32 all[4] = { words.x, words.y, words.z, words.w };
#pragma unroll
            for (int i = 0; i < 4; i++)
                x[4 * half + i] = to_float(*(const T*)&all[i]);
        }
    }
}

template <class T>
DEVICE void store_vector(T* to, const float (&x)[VECTOR])
{
    if (sizeof(T) == 2) {
        *(uint4*)to = make_uint4(
            pack(x[0], x[1], (const T*)0), pack(x[2], x[3], (const T*)0), pack(x[4], x[5], (const T*)0), pack(x[6], x[7], (const T*)0));
    } else {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            u32 all[4];
#pragma unroll
            for (int i = 0; i < 4; i++)
                round_to(x[4 * half + i], *(T*)&all[i]);
            ((uint4*)to)[half] = make_uint4(all[0], all[1], all[2], all[3]);
        }
    }
}

// ---- matrices: rows a pitch apart; the padding behind each row is neither read nor written ----

// CudaMatrix.cs, field by field.
template <class T>
struct Matrix {
    T* data;
    size_t pitch;   // elements

    DEVICE T* at(size_t row, int column) const { return data + row * pitch + column; }
    DEVICE bool is_aligned() const { return (((size_t)data | pitch * sizeof(T)) & 15) == 0; }
};

// Eight neighbouring elements of a row, or what is left of it.
struct Place {
    size_t row;
    int column;
    int count;
};

DEVICE size_t thread_index() { return (size_t)blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE size_t thread_count() { return (size_t)gridDim.x * blockDim.x; }
DEVICE size_t vectors_of(int rows, int columns) { return (size_t)rows * ((columns + VECTOR - 1) / VECTOR); }

// i ÷ n, in 32 bits where they suffice.
DEVICE size_t quotient(size_t i, u32 n) { return i <= 0xFFFFFFFFu ? (u32)i / n : i / n; }

// Where the i-th vector of a matrix lies.
DEVICE Place place_of(size_t i, int columns)
{
    u32 in_row = (columns + VECTOR - 1) / VECTOR;
    size_t row = quotient(i, in_row);
    int column = (int)(i - row * in_row) * VECTOR;
    int left = columns - column;
    return Place{ row, column, left < VECTOR ? left : VECTOR };
}

// Up to eight elements; a full aligned vector at once. The rest of x is 0.
template <class T>
DEVICE void load(const T* from, int count, bool aligned, float (&x)[VECTOR])
{
    if (aligned && count >= VECTOR) {
        load_vector(from, x);
        return;
    }
#pragma unroll
    for (int i = 0; i < VECTOR; i++)
        x[i] = i < count ? to_float(from[i]) : 0.0f;
}

template <class T>
DEVICE void load(const Matrix<T>& from, const Place& at, float (&x)[VECTOR])
{
    load(from.at(at.row, at.column), at.count, from.is_aligned(), x);
}

template <class T>
DEVICE void store(const Matrix<T>& to, const Place& at, const float (&x)[VECTOR])
{
    T* first = to.at(at.row, at.column);
    if (to.is_aligned() && at.count >= VECTOR) {
        store_vector(first, x);
        return;
    }
#pragma unroll
    for (int i = 0; i < VECTOR; i++)
        if (i < at.count)
            round_to(x[i], first[i]);
}

// ---- reductions in a fixed order: the same bits in every run ----

// The sum over a block of whole warps, in thread 0 of it. Ends with all threads past the shared memory.
template <class T>
DEVICE T block_sum(T x)
{
    __shared__ T of_warps[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    for (int step = 16; step > 0; step >>= 1)
        x += __shfl_down_sync(0xFFFFFFFFu, x, step);
    if (lane == 0)
        of_warps[warp] = x;
    __syncthreads();
    if (warp == 0) {
        x = lane < (int)(blockDim.x >> 5) ? of_warps[lane] : T(0);
        for (int step = 16; step > 0; step >>= 1)
            x += __shfl_down_sync(0xFFFFFFFFu, x, step);
    }
    __syncthreads();
    return x;
}

// The smallest over a block of whole warps, in thread 0 of it.
DEVICE i64 block_smallest(i64 x)
{
    __shared__ i64 of_warps[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    for (int step = 16; step > 0; step >>= 1) {
        i64 other = __shfl_down_sync(0xFFFFFFFFu, x, step);
        x = other < x ? other : x;
    }
    if (lane == 0)
        of_warps[warp] = x;
    __syncthreads();
    if (warp == 0) {
        x = lane < (int)(blockDim.x >> 5) ? of_warps[lane] : of_warps[0];
        for (int step = 16; step > 0; step >>= 1) {
            i64 other = __shfl_down_sync(0xFFFFFFFFu, x, step);
            x = other < x ? other : x;
        }
    }
    __syncthreads();
    return x;
}

// Whether this block is the last of so many to come here; it then sees what the others have written before.
// The counter starts at 0 and is 0 again when the last block has come.
DEVICE bool is_last_block(u32* counter, u32 blocks)
{
    __shared__ int is_last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        is_last = atomicAdd(counter, 1u) == blocks - 1;
        if (is_last)
            *counter = 0;
    }
    __syncthreads();
    __threadfence();
    return is_last != 0;
}

// The sum and the largest over a warp, the same in all its lanes.
DEVICE float warp_sum(float x)
{
    for (int step = 16; step > 0; step >>= 1)
        x += __shfl_xor_sync(0xFFFFFFFFu, x, step);
    return x;
}

DEVICE float warp_largest(float x)
{
    for (int step = 16; step > 0; step >>= 1) {
        float other = __shfl_xor_sync(0xFFFFFFFFu, x, step);
        x = other > x ? other : x;
    }
    return x;
}

#include "numbers.cuh"
