// The way back through y = act(z) ⊙ rᵢ, z = x ⊙ sᵢ + bᵢ, i = row mod k; -DACTIVATION says which act. dz = (dy ⊙ r) ⊙ act′(z); dx = dz ⊙ s,
// rounded once; and for each block of B examples the sums of dz ⊙ x, of dz and of dy ⊙ act(z) over them, in order, in Float32.
// x, dy, dx: (N·k, C) T_X, T_DY, T_DX, dx may be dy or null; s, b, r: (k, C) Float32, b and r may be null; sums: (⌈N/B⌉, 3, k, C) Float32
// or null. A thread does 8 neighbouring columns of a member in the examples of its block (blockIdx.y). Source: MemberScaleKernel.cs.
// macros: T_X T_DY T_DX ACTIVATION
#include "activation.cuh"

// Examples that a thread asks for at once.
#define BATCH 2

struct MemberScaleBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    Matrix<const float> scale;
    Matrix<const float> bias;
    Matrix<const float> next;
    float* sums;
    int examples;
    int columns;
    int members;
    int block_examples;
};

// A thread's columns: what the member has there, and its sums.
struct MemberColumns {
    float scale[VECTOR], bias[VECTOR], next[VECTOR];
    float dscale[VECTOR], dbias[VECTOR], dnext[VECTOR];

    DEVICE MemberColumns(const MemberScaleBackward& a, const Place& of)
    {
        load(a.scale, of, scale);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            bias[j] = 0, next[j] = 1, dscale[j] = 0, dbias[j] = 0, dnext[j] = 0;
        if (a.bias.data != 0)
            load(a.bias, of, bias);
        if (a.next.data != 0)
            load(a.next, of, next);
    }

    // d: dy, becomes dx.
    DEVICE void add(const float (&x)[VECTOR], float (&d)[VECTOR])
    {
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            float z = fmaf(scale[j], x[j], bias[j]);
            float y = activate(z);
            dnext[j] = fmaf(d[j], y, dnext[j]);
            float dz = activation_gradient(d[j] * next[j], ACTIVATION_SAVES_OUTPUT ? y : z);
            dscale[j] = fmaf(dz, x[j], dscale[j]);
            dbias[j] += dz;
            d[j] = dz * scale[j];
        }
    }

    DEVICE void store_sums(const MemberScaleBackward& a, const Place& of) const
    {
        Matrix<float> to = { a.sums + (size_t)blockIdx.y * 3 * a.members * a.columns, (size_t)a.columns };
        store(to, of, dscale);
        store(to, Place{ of.row + a.members, of.column, of.count }, dbias);
        store(to, Place{ of.row + 2 * (size_t)a.members, of.column, of.count }, dnext);
    }
};

template <int COUNT>
DEVICE void add_examples(const MemberScaleBackward& a, MemberColumns& sums, const Place& of, size_t example)
{
    float x[COUNT][VECTOR], d[COUNT][VECTOR];
    Place at = of;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        at.row = (example + i) * a.members + of.row;
        load(a.x, at, x[i]);
        load(a.dy, at, d[i]);
    }
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        at.row = (example + i) * a.members + of.row;
        sums.add(x[i], d[i]);
        if (a.dx.data != 0)
            store(a.dx, at, d[i]);
    }
}

KERNEL void __launch_bounds__(128) member_scale_backward(MemberScaleBackward a)
{
    size_t i = thread_index();
    if (i >= vectors_of(a.members, a.columns))
        return;
    Place of = place_of(i, a.columns);
    MemberColumns sums(a, of);
    size_t example = (size_t)blockIdx.y * a.block_examples, end = example + a.block_examples;
    end = end < (size_t)a.examples ? end : (size_t)a.examples;
    for (; example + BATCH <= end; example += BATCH)
        add_examples<BATCH>(a, sums, of, example);
    for (; example < end; example++)
        add_examples<1>(a, sums, of, example);
    if (a.sums != 0)
        sums.store_sums(a, of);
}
