// A micro-batch of sparse rows from the store: yᵢ = the entries of row order[cursor + i], and behind them slots of −1. The store: chunks of
// 2^shift rows, in each of them the places of the rows' entries (16 bytes: the number of the first, Int64, and how many, Int32), as
// ChunkLayout.cs lays them out, and all entries one behind the other. y: (N, most) entries.
// A row number outside the store gives a row without entries; its target is none (gather_examples.cu). One thread copies an entry, then goes
// on by the size of the grid. Source: RowStore.cs, EntryPlace.cs.
#include "step_state.cuh"

struct EntryPlace {
    i64 first;
    int count;
    int unused;
};

struct GatherEntries {
    const u64* chunks;      // addresses
    const uint2* entries;   // slot, number
    uint2* y;
    const int* order;
    const RunBlock* run;    // has the cursor
    size_t start;           // bytes from the start of a chunk to the column
    int most;
    int shift;
    int store_rows;
    int rows;
};

KERNEL void gather_entries(GatherEntries a)
{
    const int* numbers = a.order + a.run->cursor;
    for (size_t i = thread_index(); i < (size_t)a.rows * a.most; i += thread_count()) {
        size_t row = quotient(i, (u32)a.most);
        int number = numbers[row], in_row = (int)(i - row * a.most);
        uint2 entry = { 0xFFFFFFFFu, 0 };
        if ((u32)number < (u32)a.store_rows) {
            const EntryPlace* places = (const EntryPlace*)((const char*)a.chunks[number >> a.shift] + a.start);
            EntryPlace place = places[number & ((1 << a.shift) - 1)];
            if (in_row < place.count)
                entry = a.entries[place.first + in_row];
        }
        a.y[i] = entry;
    }
}
