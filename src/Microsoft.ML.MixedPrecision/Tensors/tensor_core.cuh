// Products of tiles on Tensor Cores, sums in Float32: mma.sync m16n8k16 of 16-bit formats, m16n8k8 of TensorFloat32, of compute capability
// 8.0 and later; and what brings tiles to it: asynchronous copies into shared memory, 8 × 8 matrices of 16 bits, or 8 × 4 of 32, from there
// into registers. Source: PTX ISA 8.0, 9.7.8, 9.7.9.22 and 9.7.13.
#pragma once
#include "common.cuh"

DEVICE u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }

// Sixteen bytes into shared memory, zeros where not valid.
DEVICE void copy16(u32 to, const void* from, bool valid)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(from), "r"(valid ? 16 : 0) : "memory");
}

DEVICE void copy4(u32 to, const void* from, bool valid)
{
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" :: "r"(to), "l"(from), "r"(valid ? 4 : 0) : "memory");
}

DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
DEVICE void wait_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

DEVICE void store_shared(u32 to, u32 x) { asm volatile("st.shared.u32 [%0], %1;" :: "r"(to), "r"(x) : "memory"); }

DEVICE void store_shared(u32 to, const uint4& x)
{
    asm volatile("st.shared.v4.u32 [%0], {%1,%2,%3,%4};" :: "r"(to), "r"(x.x), "r"(x.y), "r"(x.z), "r"(x.w) : "memory");
}

DEVICE uint4 load_shared(u32 from)
{
    uint4 x;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w) : "r"(from) : "memory");
    return x;
}

DEVICE void store_shared(u32 to, u32 x, u32 y) { asm volatile("st.shared.v2.u32 [%0], {%1,%2};" :: "r"(to), "r"(x), "r"(y) : "memory"); }

DEVICE u32 load_shared_word(u32 from)
{
    u32 x;
    asm volatile("ld.shared.u32 %0, [%1];" : "=r"(x) : "r"(from) : "memory");
    return x;
}

// Four 8 × 8 matrices; each lane gives the address of a row, lanes 0–7 those of the first.
DEVICE void load_matrices(u32 (&x)[4], u32 row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(row) : "memory");
}

DEVICE void load_matrices_turned(u32 (&x)[4], u32 row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(row) : "memory");
}

// d += a·b: a 16 × 16, b 16 × 8. A lane holds of d the columns 2·(lane mod 4) and the next one, in the rows lane/4 and lane/4 + 8.
#define MULTIPLY(format) \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." format "." format ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))

DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, const bfloat16*) { MULTIPLY("bf16"); }
DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, const float16*) { MULTIPLY("f16"); }

// The same with a 16 × 8 and b 8 × 8: a lane holds of a the columns lane mod 4 and that plus 4, in the rows of d, of b these as rows.
DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, const tensorfloat32*)
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// A Float32 as an operand of that: to nearest, ties away from 0, which the format's other roundings take to even; NaN and ±∞ stay.
DEVICE u32 round_tensorfloat32(u32 bits)
{
    u32 rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(of_bits(bits)));
    return rounded;
}

// 2ˣ and log₂ x by the special function unit: within 2 and 1 units in the last place of Float32.
DEVICE float power2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE float logarithm2(float x)
{
    float y;
    asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
