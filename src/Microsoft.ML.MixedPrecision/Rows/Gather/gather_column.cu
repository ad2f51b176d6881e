// One column of a micro-batch from the store: yᵢ = example of row order[cursor + i], copied as it lies. The store: chunks of 2^shift rows,
// in each of them the column's examples one behind the other, as ChunkLayout.cs lays them out. y: N · bytes, dense.
// A row number outside the store gives zeros, which are an id, a length and a number in any case; its target is none (gather_examples.cu).
// One thread copies a unit of an example: the largest power of two, 16 bytes at most, that divides it; then it goes on by the size of the
// grid. Source: RowStore.cs.
#include "step_state.cuh"

struct GatherColumn {
    const u64* chunks;      // addresses
    char* y;
    const int* order;
    const RunBlock* run;    // has the cursor
    size_t start;           // bytes from the start of a chunk to the column
    int bytes;              // of an example
    int unit;
    int shift;
    int store_rows;
    int rows;
};

template <class T>
DEVICE void gather(const GatherColumn& a)
{
    const int* numbers = a.order + a.run->cursor;
    u32 units = (u32)a.bytes / (u32)sizeof(T);
    for (size_t i = thread_index(); i < (size_t)a.rows * units; i += thread_count()) {
        size_t row = quotient(i, units);
        int number = numbers[row];
        T value = {};
        if ((u32)number < (u32)a.store_rows) {
            const char* column = (const char*)a.chunks[number >> a.shift] + a.start;
            size_t in_chunk = number & ((1 << a.shift) - 1);
            value = ((const T*)(column + in_chunk * a.bytes))[i - row * units];
        }
        ((T*)a.y)[i] = value;
    }
}

KERNEL void gather_column(GatherColumn a)
{
    switch (a.unit) {
        case 16: gather<uint4>(a); break;
        case 8: gather<u64>(a); break;
        case 4: gather<u32>(a); break;
        case 2: gather<u16>(a); break;
        default: gather<unsigned char>(a);
    }
}
