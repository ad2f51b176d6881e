// y = x/(1 − p) where an element is kept, else 0; backward the same of dy. x: (N, C) T_X; y: (N, C) T_Y, may be x. Float32 arithmetic, one
// rounding. An element is kept if its random word is at least threshold = p·2³². The word of (row, column) is number column mod 4 of Philox with
// key (seed, purpose) and counter (column/4, row within the step, step mod 2³², layer·2¹⁶ + (step/2³² mod 2¹⁶)): no mask is stored.
// One thread does 8 neighbouring elements of a row, two draws, then goes on by the size of the grid. Source: DropoutKernel.cs.
// macros: T_X T_Y
#include "philox.cuh"
#include "step_position.cuh"
#include "regularization.cuh"

struct Dropout {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    const StepPosition* position;
    int rows;
    int columns;
    int rows_per_example;
    u32 seed;
    u32 purpose;
    u32 layer;
    u32 threshold;                  // of p in full
    float scale;
    float rate;                     // p in full
    RegularizationCourse course;    // p's share
};

KERNEL void dropout(Dropout a)
{
    StepPosition position = *a.position;
    u32 first_row = (u32)(position.row * a.rows_per_example);
    u32 threshold = a.threshold;
    float scale = a.scale;
    if (a.course.steps > 0) {
        float rate = a.rate * share_of_regularization(a.course, position.step + 1);
        threshold = (u32)rint((double)rate * 4294967296.0);
        scale = (float)(1.0 / (1.0 - (double)rate));
    }
    u32 high = (a.layer << 16) | ((u32)(position.step >> 32) & 0xFFFFu);
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR];
        load(a.x, at, values);
#pragma unroll
        for (int draw = 0; draw < VECTOR / 4; draw++) {
            PhiloxWords counter = { { (u32)at.column / 4 + draw, first_row + (u32)at.row, (u32)position.step, high } };
            PhiloxWords words = philox(counter, a.seed, a.purpose);
#pragma unroll
            for (int j = 0; j < 4; j++)
                values[4 * draw + j] = words.x[j] >= threshold ? values[4 * draw + j] * scale : 0.0f;
        }
        store(a.y, at, values);
    }
}
