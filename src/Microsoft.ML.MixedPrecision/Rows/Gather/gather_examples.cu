// The start of a step where this is its first micro-batch, and a micro-batch from the store: xᵢ, targetᵢ, weightᵢ = row order[cursor + i]. The store: chunks of 2^shift rows, in each of them
// the features (rows of store_pitch bytes), the targets (words of 4 bytes) and the weights (Float32), as ChunkLayout.cs lays them out.
// x: (N, row bytes), rows x_pitch bytes apart, a multiple of 16 as store_pitch is, or none of 0 bytes; targets: (N, words); weights: N or null.
// A row number outside the store gives words of −1, which are no class and as Float32 NaN, so that the loss is NaN. One thread copies 16 bytes of a row and its share of the target's
// words, the first one of a row also the weight; then it goes on by the size of the grid. Source: RowStore.cs.
#include "step_state.cuh"

struct GatherExamples {
    const u64* chunks;      // addresses
    Matrix<char> x;
    u32* targets;
    float* weights;
    const int* order;
    RunBlock* run;          // has the cursor
    PhaseBlock* phase;
    size_t pitch;           // bytes from row to row of the store
    size_t features_at;     // bytes from the start of a chunk
    size_t targets_at;
    size_t weights_at;
    int shift;
    int store_rows;
    int rows;
    int row_bytes;
    int target_words;
    int step_rows;          // of the whole step, where it begins; else 0
    int step_positions;     // its labelled positions; 0 where the host has written them
};

KERNEL void gather_examples(GatherExamples a)
{
    if (a.step_rows > 0 && thread_index() == 0)
        begin_step(*a.run, *a.phase, a.step_rows, a.step_positions);
    const int* numbers = a.order + a.run->cursor;
    u32 units = a.row_bytes == 0 ? 1 : ((u32)a.row_bytes + 15) / 16;
    for (size_t i = thread_index(); i < (size_t)a.rows * units; i += thread_count()) {
        size_t row = quotient(i, units);
        u32 unit = (u32)(i - row * units);
        int number = numbers[row];
        if ((u32)number >= (u32)a.store_rows) {
            for (u32 word = unit; word < (u32)a.target_words; word += units)
                a.targets[row * a.target_words + word] = 0xFFFFFFFFu;
            continue;
        }
        const char* chunk = (const char*)a.chunks[number >> a.shift];
        size_t in_chunk = number & ((1 << a.shift) - 1);
        if (a.row_bytes != 0)
            ((uint4*)a.x.at(row, 0))[unit] = ((const uint4*)(chunk + a.features_at + in_chunk * a.pitch))[unit];
        for (u32 word = unit; word < (u32)a.target_words; word += units)
            a.targets[row * a.target_words + word] = ((const u32*)(chunk + a.targets_at))[in_chunk * a.target_words + word];
        if (unit == 0 && a.weights != 0)
            a.weights[row] = ((const float*)(chunk + a.weights_at))[in_chunk];
    }
}
