// The sequences of a micro-batch from the store, one behind the other: ends_n = the lengths of the rows order[cursor … cursor + n] summed up,
// y[ends_(n−1) + t] = id t of row order[cursor + n]; ids behind the last end, up to steps, are 0. A row number outside the store has no ids.
// Targets and weights of steps are brought as ids are: any words of 4 bytes, one a step.
// The store: chunks of 2^shift rows, in each of them ids (a multiple of 4 bytes a row) and lengths (Int32), as ChunkLayout.cs lays them out.
// gather_ends: one block, each thread a run of neighbours. gather_sequence: a block an example, then on by the size of the grid; the last
// block clears the rest. Source: RowStore.Sequences.cs.
#include "step_state.cuh"

struct GatherSequence {
    const u64* chunks;      // addresses
    int* y;                 // (steps)
    int* ends;              // (N)
    const int* order;
    const RunBlock* run;    // has the cursor
    size_t ids_start;       // bytes from the start of a chunk to the column of ids
    size_t lengths_start;   // and to that of lengths
    int most;               // ids of a row of the store
    int shift;
    int store_rows;
    int rows;
    int steps;
};

DEVICE const char* chunk_of(const GatherSequence& a, int number) { return (const char*)a.chunks[number >> a.shift]; }

DEVICE int length_of(const GatherSequence& a, int number)
{
    if ((u32)number >= (u32)a.store_rows)
        return 0;
    return ((const int*)(chunk_of(a, number) + a.lengths_start))[number & ((1 << a.shift) - 1)];
}

KERNEL void gather_ends(GatherSequence a)
{
    __shared__ int sums[1024];
    const int* numbers = a.order + a.run->cursor;
    int run = (a.rows + (int)blockDim.x - 1) / (int)blockDim.x;
    int first = (int)threadIdx.x * run, end = first + run < a.rows ? first + run : a.rows;
    int sum = 0;
    for (int n = first; n < end; n++)
        sum += length_of(a, numbers[n]);
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (int step = 1; step < (int)blockDim.x; step <<= 1) {
        int before = (int)threadIdx.x >= step ? sums[threadIdx.x - step] : 0;
        __syncthreads();
        sums[threadIdx.x] += before;
        __syncthreads();
    }
    int running = sums[threadIdx.x] - sum;
    for (int n = first; n < end; n++) {
        running += length_of(a, numbers[n]);
        a.ends[n] = running < a.steps ? running : a.steps;
    }
}

KERNEL void gather_sequence(GatherSequence a)
{
    const int* numbers = a.order + a.run->cursor;
    for (int n = (int)blockIdx.x; n < a.rows; n += (int)gridDim.x) {
        int first = n == 0 ? 0 : a.ends[n - 1], length = a.ends[n] - first, number = numbers[n];
        if (length == 0)
            continue;
        size_t in_chunk = number & ((1 << a.shift) - 1);
        const int* ids = (const int*)(chunk_of(a, number) + a.ids_start) + in_chunk * a.most;
        for (int t = (int)threadIdx.x; t < length; t += (int)blockDim.x)
            a.y[first + t] = ids[t];
    }
    if (blockIdx.x == gridDim.x - 1)
        for (int t = a.ends[a.rows - 1] + (int)threadIdx.x; t < a.steps; t += (int)blockDim.x)
            a.y[t] = 0;
}
