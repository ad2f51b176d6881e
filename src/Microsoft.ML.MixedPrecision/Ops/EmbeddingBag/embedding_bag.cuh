// What both directions of embedding bags share. Source: SparseEntry.cs.
#pragma once
#include "common.cuh"

#define WARPS 8
#define TILE 32     // columns of a block: one a lane

struct Entry {
    int slot;       // −1 behind the last entry of an example
    float value;
};
