// y = act(γ·x̂ + β), x̂ = (x − µ₀ − δ)·r; per row µ₀ = Σx/C, with d = x − µ₀ δ = Σd/C, r = 1/√((Σd² − δ·Σd)/C + ε). -DACTIVATION says
// which. x, y: (N, C) T_X → T_Y; γ, β: (1, C) Float32; statistics: (N, 3) Float32, µ₀, δ, r, or null. Float32 arithmetic, one rounding.
// A block does a row, or each of its warps one where a warp holds it, then goes on by the size of the grid. Each thread holds ITEMS columns
// in registers; ITEMS = 0 is for rows wider than that: they are read three times. Source: LayerNormKernel.cs.
// macros: T_X T_Y ACTIVATION ITEMS
#include "layer_norm.cuh"

struct LayerNormForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    Matrix<float> statistics;
    ScaleShift parameters;
    int rows;
    int columns;
    float epsilon;
};

// A thread's pieces of a row of x.
struct Row {
    const T_X* data;
    int columns;
    int thread;         // of the row's
    bool aligned;
    bool is_narrow;     // a warp has all of it
#if ITEMS > 0
    Packed<T_X> held[ITEMS / VECTOR];
#endif

    DEVICE int column_of(int piece) const { return (int)(piece * blockDim.x + thread) * VECTOR; }

    // Over all of the row.
    DEVICE Pair sums(const Pair& x, float (&room)[2 * MOST_WARPS]) const
    {
        return is_narrow ? of_halves(half_sums(x)) : block_sums(x, room);
    }

    // Returns how much of a piece the row has; the rest is 0.
    DEVICE int read(int piece, float (&x)[VECTOR]) const
    {
        int column = column_of(piece), count = columns - column;
#if ITEMS > 0
        unpack(held[piece], x);
#else
        load(data + column, count, aligned, x);
#endif
        return count;
    }
};

DEVICE int pieces_of(int columns)
{
#if ITEMS > 0
    (void)columns;
    return ITEMS / VECTOR;
#else
    return (int)((columns - 1) / (blockDim.x * VECTOR)) + 1;
#endif
}

DEVICE Row open_row(const LayerNormForward& a, size_t row, bool is_narrow)
{
    Row x;
    x.data = a.x.at(row, 0);
    x.columns = a.columns;
    x.thread = is_narrow ? threadIdx.x & 31 : threadIdx.x;
    x.is_narrow = is_narrow;
    x.aligned = a.x.is_aligned();
#if ITEMS > 0
#pragma unroll
    for (int i = 0; i < ITEMS / VECTOR; i++)
        x.held[i] = load_packed(x.data + x.column_of(i), a.columns - x.column_of(i), x.aligned);
#endif
    return x;
}

// s/n where it is a Float32 number, else within a unit in the last place: a row of equal values needs its δ exactly.
DEVICE float exact_quotient(float s, float n, float inverse)
{
    float q = s * inverse;
    return fmaf(fmaf(-n, q, s), inverse, q);
}

DEVICE Statistics measure(const Row& x, int columns, float epsilon, float (&room)[2][2 * MOST_WARPS])
{
    float n = (float)columns, inverse = 1.0f / n;
    float values[VECTOR];
    Pair sums = {};
#pragma unroll
    for (int i = 0; i < pieces_of(columns); i++) {
        x.read(i, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            sums.first += values[j];
    }
    // What δ makes good need not be divided exactly.
    float mean = x.sums(sums, room[0]).first * inverse;

    sums = Pair{};
#pragma unroll
    for (int i = 0; i < pieces_of(columns); i++) {
        int count = x.read(i, values);
        fill_behind(count, mean, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            float d = values[j] - mean;
            sums.first += d;
            sums.second = fmaf(d, d, sums.second);
        }
    }
    sums = x.sums(sums, room[1]);
    float rest = exact_quotient(sums.first, n, inverse);
    float variance = at_least((sums.second - rest * sums.first) * inverse, 0.0f);
    return Statistics{ mean, rest, 1.0f / sqrtf(variance + epsilon) };
}

KERNEL void __launch_bounds__(32 * MOST_WARPS, 2) layer_norm_forward(LayerNormForward a)
{
    __shared__ float room[2][2 * MOST_WARPS];
    const bool is_narrow = ITEMS == VECTOR && a.columns <= 32 * VECTOR;
    const u32 rows = is_narrow ? blockDim.x / 32 : 1, first = is_narrow ? threadIdx.x / 32 : 0;
    for (size_t row = (size_t)blockIdx.x * rows + first; row < (size_t)a.rows; row += (size_t)gridDim.x * rows) {
        Row x = open_row(a, row, is_narrow);
        Statistics statistics = measure(x, a.columns, a.epsilon, room);
        if (a.statistics.data != 0 && x.thread == 0) {
            float* to = a.statistics.at(row, 0);
            to[0] = statistics.mean;
            to[1] = statistics.rest;
            to[2] = statistics.r;
        }
#pragma unroll
        for (int i = 0; i < pieces_of(a.columns); i++) {
            float values[VECTOR], scale[VECTOR], shift[VECTOR];
            int column = x.column_of(i), count = x.read(i, values);
            if (count <= 0)
                break;
            a.parameters.load_piece(column, count, scale, shift);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] = activate(fmaf(scale[j], normalize(values[j], statistics), shift[j]));
            store(a.y, Place{ row, column, count }, values);
        }
    }
}
