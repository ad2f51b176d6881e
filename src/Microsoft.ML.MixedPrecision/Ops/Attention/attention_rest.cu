// The rows of no example become 0: y and statistics forward, dqkv backward; null statistics are left out. One thread does 8 neighbouring
// elements of a row, then goes on by the size of the grid: the host does not know how many rows are of none.
// Source: AttentionKernel.cs.
// macros: T_X
#include "example_places.cuh"

struct AttentionRest {
    Matrix<T_X> values;
    Matrix<float> statistics;
    ExamplePlaces places;
    int rows;
    int columns;
    int heads;
};

template <class T>
DEVICE void clear(const Matrix<T>& matrix, int first, int rows, int columns)
{
    const float zeros[VECTOR] = {};
    for (size_t i = thread_index(); i < vectors_of(rows - first, columns); i += thread_count()) {
        Place at = place_of(i, columns);
        at.row += first;
        store(matrix, at, zeros);
    }
}

KERNEL void attention_rest(AttentionRest a)
{
    int first = a.places.end_of(a.places.examples - 1);
    clear(a.values, first, a.rows, a.columns);
    if (a.statistics.data != 0)
        clear(a.statistics, first, a.rows, a.heads);
}
