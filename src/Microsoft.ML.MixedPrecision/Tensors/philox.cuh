// Philox4x32-10: four random words as a pure function of counter and key. The numbers of Philox.cs.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
#pragma once
#include "common.cuh"

struct PhiloxWords {
    u32 x[4];
};

DEVICE PhiloxWords philox(PhiloxWords counter, u32 key0, u32 key1)
{
    u32 (&c)[4] = counter.x;
#pragma unroll
    for (int round = 0; round < 10; round++) {
        u64 product0 = (u64)0xD2511F53u * c[0];
        u64 product1 = (u64)0xCD9E8D57u * c[2];
        c[0] = (u32)(product1 >> 32) ^ c[1] ^ key0;
        c[2] = (u32)(product0 >> 32) ^ c[3] ^ key1;
        c[1] = (u32)product1;
        c[3] = (u32)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}
