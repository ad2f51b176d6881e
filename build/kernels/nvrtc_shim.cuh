// What NVRTC predefines and our kernels use, for clang without CUDA headers: only so that kernels can be compiled without a GPU.
// Signatures as in the CUDA C++ Programming Guide; functions without a body are never linked.
#pragma once

#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

typedef __SIZE_TYPE__ size_t;

struct uint2 { unsigned x, y; };
struct uint3 { unsigned x, y, z; };
struct __attribute__((aligned(8))) float2 { float x, y; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };
struct dim3 { unsigned x, y, z; };

#include <__clang_cuda_builtin_vars.h>

__device__ inline uint2 make_uint2(unsigned x, unsigned y) { return uint2{ x, y }; }
__device__ inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return uint4{ x, y, z, w }; }
__device__ inline float4 make_float4(float x, float y, float z, float w) { return float4{ x, y, z, w }; }

__device__ inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
__device__ inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }

#define __align__(n) __attribute__((aligned(n)))
__device__ inline size_t __cvta_generic_to_shared(const void* p) { return (size_t)(const __attribute__((address_space(3))) void*)p; }

__device__ inline float fmaxf(float x, float y) { return __builtin_fmaxf(x, y); }
__device__ inline float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
__device__ inline double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
__device__ inline float sqrtf(float x) { return __nvvm_sqrt_rn_f(x); }
__device__ inline double sqrt(double x) { return __nvvm_sqrt_rn_d(x); }
extern "C" __device__ float logf(float x);
extern "C" __device__ float log1pf(float x);
extern "C" __device__ double cospi(double x);
extern "C" __device__ double rint(double x);
extern "C" __device__ double log2(double x);

extern "C" __device__ int __all_sync(unsigned mask, int predicate);
extern "C" __device__ unsigned __ballot_sync(unsigned mask, int predicate);
extern "C" __device__ void __syncwarp(unsigned mask = 0xFFFFFFFFu);
__device__ inline int __popc(unsigned x) { return __builtin_popcount(x); }
template <class T> __device__ T __shfl_sync(unsigned mask, T value, int lane, int width = 32);
template <class T> __device__ T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32);
template <class T> __device__ T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32);
__device__ inline unsigned atomicAdd(unsigned* address, unsigned value) { return __nvvm_atom_add_gen_i((int*)address, (int)value); }
__device__ inline void __threadfence() { __nvvm_membar_gl(); }
__device__ inline unsigned long long atomicAdd(unsigned long long* address, unsigned long long value)
{
    return __nvvm_atom_add_gen_ll((long long*)address, (long long)value);
}
__device__ inline unsigned atomicMax(unsigned* address, unsigned value) { return __nvvm_atom_max_gen_ui(address, value); }
