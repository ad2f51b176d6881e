// dz = x ⊙ act′(saved), -DACTIVATION says which, stored once rounded, and of what was stored the sums of blocks of B = block_rows rows, in
// Float32, for bias_gradient_total.cu. With ACTIVATION 0, x is dz already and nothing is stored.
// x: (N, C) T_X; saved: (N, C) T_SAVED; dz: (N, C) T_DZ, may be x; sums: (⌈N/B⌉, C) Float32.
// Rows are added in order: the order, and so the bits, of BiasGradient.Cpu.cs. A thread does B rows of COLUMNS neighbouring columns;
// blockIdx.y counts blocks of rows. Source: BiasGradient.cs, activation.cuh.
// macros: T_X T_SAVED T_DZ ACTIVATION COLUMNS
#include "column_group.cuh"

// Rows that a thread asks for at once: enough to keep the memory busy, and where a derivative is computed few, for more threads.
#define BATCH (ACTIVATION == ACTIVATION_NONE ? 16 : 4)

struct BiasGradient {
    Matrix<const T_X> x;
    Matrix<const T_SAVED> saved;
    Matrix<T_DZ> dz;
    float* sums;
    int rows;
    int columns;
    int block_rows;
};

DEVICE void sum_rows(const BiasGradient& a, int column)
{
    GradientColumns gradient(a.x, a.saved, a.dz, column, a.columns);
    for (size_t block = blockIdx.y; block * a.block_rows < (size_t)a.rows; block += gridDim.y) {
        size_t start = block * a.block_rows, end = start + a.block_rows < (size_t)a.rows ? start + a.block_rows : (size_t)a.rows;
        float total[COLUMNS] = {};
        gradient.add<BATCH>(start, end, total);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            if (column + j < a.columns)
                a.sums[block * a.columns + column + j] = total[j];
    }
}

KERNEL void __launch_bounds__(64, ACTIVATION == ACTIVATION_NONE ? 16 : 12) bias_gradient(BiasGradient a)
{
    int column = (int)thread_index() * COLUMNS;
    if (column < a.columns)
        sum_rows(a, column);
}
