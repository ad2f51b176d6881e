// The start of a step where this is its first micro-batch, and a micro-batch from the store: xᵢ, labelᵢ, weightᵢ = row order[cursor + i]. The store: chunks of 2^shift rows, each the features
// (rows of store_pitch bytes), then the labels (int32), then the weights (Float32), as ExampleStore.cs lays them out.
// x: (N, row bytes), rows x_pitch bytes apart, a multiple of 16 as store_pitch is; labels: N; weights: N or null.
// A row number outside the store gives label −1, of which the loss makes NaN. One thread copies 16 bytes of a row, the first one of a row
// also label and weight; then it goes on by the size of the grid. Source: ExampleStore.cs.
#include "step_state.cuh"

struct GatherExamples {
    const u64* chunks;      // addresses
    Matrix<char> x;
    int* labels;
    float* weights;
    const int* order;
    StepBlock* step;        // has the cursor
    size_t pitch;           // bytes from row to row of the store
    int shift;
    int store_rows;
    int rows;
    int row_bytes;
    int step_rows;          // of the whole step, where it begins; else 0
};

KERNEL void gather_examples(GatherExamples a)
{
    if (a.step_rows > 0 && thread_index() == 0)
        begin_step(*a.step, a.step_rows);
    const int* numbers = a.order + a.step->run.cursor;
    u32 units = ((u32)a.row_bytes + 15) / 16;
    for (size_t i = thread_index(); i < (size_t)a.rows * units; i += thread_count()) {
        size_t row = quotient(i, units);
        u32 unit = (u32)(i - row * units);
        int number = numbers[row];
        if ((u32)number >= (u32)a.store_rows) {
            if (unit == 0)
                a.labels[row] = -1;
            continue;
        }
        const char* chunk = (const char*)a.chunks[number >> a.shift];
        size_t in_chunk = number & ((1 << a.shift) - 1);
        ((uint4*)a.x.at(row, 0))[unit] = ((const uint4*)(chunk + in_chunk * a.pitch))[unit];
        if (unit != 0)
            continue;
        const char* labels = chunk + (a.pitch << a.shift);
        a.labels[row] = ((const int*)labels)[in_chunk];
        if (a.weights != 0)
            a.weights[row] = ((const float*)(labels + (sizeof(int) << a.shift)))[in_chunk];
    }
}
