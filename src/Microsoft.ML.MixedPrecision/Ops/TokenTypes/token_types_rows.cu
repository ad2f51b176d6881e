// types[r] = 0 up to and including the first row of r's example whose id is the separator, 1 behind it, −1 for rows of no example.
// ids, types: (R) Int32. A warp does an example, 32 rows at a time, the last one the rows of none; then it goes on by the size of the grid.
// Source: TokenTypesKernel.cs.
#include "example_places.cuh"

struct TokenTypesRows {
    const int* ids;
    int* types;
    ExamplePlaces places;
    int rows;
    int separator;
};

KERNEL void token_types_rows(TokenTypesRows a)
{
    int lane = threadIdx.x & 31;
    u32 lower = (1u << lane) - 1;
    for (size_t warp = thread_index() >> 5; warp <= (size_t)a.places.examples; warp += thread_count() >> 5) {
        int example = (int)warp;
        bool is_rest = example == a.places.examples, is_behind = false;
        int end = is_rest ? a.rows : a.places.end_of(example);
        for (int first = a.places.first_of(example); first < end; first += 32) {
            int row = first + lane;
            u32 separators = __ballot_sync(0xFFFFFFFFu, row < end && a.ids[row] == a.separator);
            if (row < end)
                a.types[row] = is_rest ? -1 : is_behind || (separators & lower) != 0;
            is_behind = is_behind || separators != 0;
        }
    }
}
