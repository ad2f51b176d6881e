// The end of a step for what layers learn without gradient: committed = staged where the step commits, else nothing. Both: elements of Float32.
// One thread does an element, then goes on by the size of the grid. Source: StateArenas.cs.
#include "step_state.cuh"

struct CommitStates {
    const PhaseBlock* phase;
    const float* staged;
    float* committed;
    i64 elements;
};

KERNEL void commit_states(CommitStates a)
{
    if (!a.phase->scalars.commits)
        return;
    for (size_t i = thread_index(); i < (size_t)a.elements; i += thread_count())
        a.committed[i] = a.staged[i];
}
