// The same as bias_gradient.cu, bit for bit, for matrices of few rows and columns, in one go without meeting of blocks:
// dz = x ⊙ act′(saved), stored once rounded (not with ACTIVATION 0); db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows, in Float32.
// x: (N, C) T_X; saved: (N, C) T_SAVED; dz: (N, C) T_DZ, may be x; db: (1, C) Float32.
// A block does 16 columns, 2 a thread, and 64 blocks of 16 rows at a time: each thread adds its 16 rows in order, then one thread for each
// column adds the sums of all in order. Source: BiasGradient.cs.
// macros: T_X T_SAVED T_DZ ACTIVATION
#include "activation.cuh"

#define COLUMNS 2
#define ACROSS 8
#define LANES 64
#define BLOCK_ROWS 16

struct BiasGradientSmall {
    Matrix<const T_X> x;
    Matrix<const T_SAVED> saved;
    Matrix<T_DZ> dz;
    float* db;
    int rows;
    int columns;
    int accumulate;
};

template <class T>
struct __attribute__((aligned(COLUMNS * sizeof(T)))) Two {
    T values[COLUMNS];
};

// Two neighbouring elements, at once where they lie in one word; what is behind the row's end is not read.
template <class T>
DEVICE Two<T> load_two(const Matrix<const T>& from, size_t row, int column, int columns)
{
    const T* at = from.at(row, column);
    if (column + 1 < columns && ((size_t)at & (sizeof(Two<T>) - 1)) == 0)
        return *(const Two<T>*)at;
    return Two<T>{ { at[0], column + 1 < columns ? at[1] : T{} } };
}

DEVICE void sum_rows(const BiasGradientSmall& a, size_t start, int column, float (&total)[COLUMNS])
{
    Two<T_X> x[BLOCK_ROWS];
    Two<T_SAVED> saved[BLOCK_ROWS];
#pragma unroll
    for (int i = 0; i < BLOCK_ROWS; i++)
        if (start + i < (size_t)a.rows) {
            x[i] = load_two<T_X>(a.x, start + i, column, a.columns);
#if ACTIVATION != ACTIVATION_NONE
            saved[i] = load_two<T_SAVED>(a.saved, start + i, column, a.columns);
#endif
        }
    (void)saved;
#pragma unroll
    for (int i = 0; i < BLOCK_ROWS; i++)
        if (start + i < (size_t)a.rows)
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                float value = to_float(x[i].values[j]);
#if ACTIVATION != ACTIVATION_NONE
                T_DZ rounded;
                round_to(activation_gradient(value, to_float(saved[i].values[j])), rounded);
                value = to_float(rounded);
                if (column + j < a.columns)
                    *a.dz.at(start + i, column + j) = rounded;
#endif
                total[j] += value;
            }
}

KERNEL void __launch_bounds__(ACROSS * LANES) bias_gradient_small(BiasGradientSmall a)
{
    __shared__ float sums[LANES][ACROSS * COLUMNS + 1];
    int across = threadIdx.x % ACROSS, lane = threadIdx.x / ACROSS;
    int column = (blockIdx.x * ACROSS + across) * COLUMNS;
    int own = blockIdx.x * ACROSS * COLUMNS + threadIdx.x;
    float total = 0;
    for (size_t start = 0; start < (size_t)a.rows; start += LANES * BLOCK_ROWS) {
        float block[COLUMNS] = {};
        if (column < a.columns)
            sum_rows(a, start + lane * BLOCK_ROWS, column, block);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            sums[lane][across * COLUMNS + j] = block[j];
        __syncthreads();
        if (threadIdx.x < ACROSS * COLUMNS)
#pragma unroll 16
            for (int i = 0; i < LANES; i++)
                if (start + i * BLOCK_ROWS < (size_t)a.rows)
                    total += sums[i][threadIdx.x];
        __syncthreads();
    }
    if (threadIdx.x < ACROSS * COLUMNS && own < a.columns)
        a.db[own] = a.accumulate ? total + a.db[own] : total;
}
