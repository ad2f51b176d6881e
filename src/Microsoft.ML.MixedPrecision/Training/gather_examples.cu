// A micro-batch from the store: xᵢ, labelᵢ, weightᵢ = row order[*cursor + i]. The store: chunks of 2^shift rows, each the features
// (rows of store_pitch bytes), then the labels (int32), then the weights (Float32), as ExampleStore.cs lays them out.
// x: (N, row bytes), rows x_pitch bytes apart, a multiple of 16 as store_pitch is; labels: N; weights: N or null.
// A row number outside the store gives label −1, of which the loss makes NaN. One thread copies 16 bytes of a row, the first one of a row
// also label and weight; then it goes on by the size of the grid.
#include "common.cuh"

struct ExampleChunks {
    const u64* addresses;
    int shift;
    int rows;
    size_t pitch;
};

struct ExampleBatch {
    char* x;
    size_t pitch;
    int* labels;
    float* weights;
    int rows;
    int row_bytes;
};

KERNEL void gather_examples(ExampleChunks store, ExampleBatch batch, const int* order, const i64* cursor)
{
    const int* numbers = order + (cursor == 0 ? 0 : *cursor);
    u32 units = ((u32)batch.row_bytes + 15) / 16;
    for (size_t i = thread_index(); i < (size_t)batch.rows * units; i += thread_count()) {
        size_t row = i <= 0xFFFFFFFFu ? (u32)i / units : i / units;
        u32 unit = (u32)(i - row * units);
        int number = numbers[row];
        if ((u32)number >= (u32)store.rows) {
            if (unit == 0)
                batch.labels[row] = -1;
            continue;
        }
        const char* chunk = (const char*)store.addresses[number >> store.shift];
        size_t in_chunk = number & ((1 << store.shift) - 1);
        ((uint4*)(batch.x + row * batch.pitch))[unit] = ((const uint4*)(chunk + in_chunk * store.pitch))[unit];
        if (unit == 0) {
            const char* labels = chunk + (store.pitch << store.shift);
            batch.labels[row] = ((const int*)labels)[in_chunk];
            if (batch.weights != 0)
                batch.weights[row] = ((const float*)(labels + (sizeof(int) << store.shift)))[in_chunk];
        }
    }
}
