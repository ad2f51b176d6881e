// y[n] = [numbers of x[n] in their order, the table's row of each category]: x (N, n + m) Float32, of whose columns m from "first" on are
// categories, table (V, D), y (N, n + m·D), both T_Y. A thread has an element, then goes on by the size of the grid.
// Source: CategoryForward.Cpu.cs, CategoryPlaces.cs.
// macros: T_Y
#include "category_embedding.cuh"

struct Numbers {
    Matrix<float> x;
    Matrix<T_Y> y;
    int rows;
    int numbers;
    int first;
    int categories;
};

KERNEL void category_embedding_numbers(Numbers a)
{
    size_t work = (size_t)a.rows * a.numbers;
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        size_t row = quotient(i, (u32)a.numbers);
        int column = (int)(i - row * a.numbers);
        round_to(*a.x.at(row, column < a.first ? column : column + a.categories), *a.y.at(row, column));
    }
}

struct CategoryForward {
    Matrix<float> x;
    Matrix<T_Y> table;
    Matrix<T_Y> y;
    int rows;
    int columns;    // D
    int first;
    int numbers;
    CategoryGroup group;
};

KERNEL void category_embedding_forward(CategoryForward a)
{
    size_t work = (size_t)a.rows * a.group.count * a.columns;
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        size_t place = quotient(i, (u32)a.columns);
        int column = (int)(i - place * a.columns);
        size_t row = quotient(place, (u32)a.group.count);
        int category = (int)(place - row * a.group.count), number = a.group.first + category;
        int level = row_of(a.group, category, *a.x.at(row, a.first + number));
        *a.y.at(row, a.numbers + number * a.columns + column) = *a.table.at((size_t)level, column);
    }
}

struct CategoryIds {
    Matrix<float> x;
    int* ids;       // (N, m): rows of the table
    int rows;
    int first;
    int categories;
    CategoryGroup group;
};

KERNEL void category_embedding_ids(CategoryIds a)
{
    size_t work = (size_t)a.rows * a.group.count;
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        size_t row = quotient(i, (u32)a.group.count);
        int category = (int)(i - row * a.group.count), number = a.group.first + category;
        a.ids[row * a.categories + number] = row_of(a.group, category, *a.x.at(row, a.first + number));
    }
}
