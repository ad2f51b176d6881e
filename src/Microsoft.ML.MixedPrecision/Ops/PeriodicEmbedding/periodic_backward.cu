// Gradients of a periodic embedding (periodic_forward.cu), with gⱼ = −sin(2πwⱼx + bⱼ)·Σₖ dyₖVₖⱼ: dVₖⱼ = Σ dyₖhⱼ, dcₖ = Σ dyₖ, dbⱼ = Σ gⱼ,
// dwⱼ = 2πΣ gⱼx over the rows, added to what is there if accumulate; dx = dy of x + 2πΣⱼ wⱼgⱼ, and that of copied columns.
// x, dy, dx: T_X, T_DY, T_DX; dx or null; the gradients of parameters Float32, or null. A block does one number: thread (j, lane) every 16th row
// of wave j; then the 16 lanes are added in order. The block behind the last number copies. Source: PeriodicBackward.Cpu.cs; but for the order of
// the sum in dx, bit for bit.
// macros: T_X T_DY T_DX
#include "periodic_embedding.cuh"

#define LANES 16
#define PARTS (SUMS + 2)

struct PeriodicBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    PeriodicParameters parameters;
    Matrix<float> dfrequencies;
    Matrix<float> dphases;
    Matrix<float> dweights;
    Matrix<float> dbiases;
    int rows;
    int columns;    // C
    int count;      // n
    int accumulate;
};

// What a thread sums up: of dyₖhⱼ for each k, of gⱼx and of gⱼ; and of dyₖ.
struct Sums {
    float parts[PARTS];
    float biases[SUMS];
};

DEVICE void copy_rest(const PeriodicBackward& a)
{
    int rest = a.columns - a.count;
    if (a.dx.data == 0 || rest == 0)
        return;
    for (size_t index = threadIdx.x; index < (size_t)a.rows * rest; index += blockDim.x) {
        size_t row = quotient(index, (u32)rest);
        int column = (int)(index - row * rest);
        round_to(to_float(*a.dy.at(row, CELLS * a.count + column)), *a.dx.at(row, a.count + column));
    }
}

// One row of one wave. All threads of a half warp, the waves of the row, come here.
DEVICE void add_row(const PeriodicBackward& a, int i, int j, size_t row, bool is_inside, Sums& sums)
{
    float x = 0, dy[CELLS] = {};
    if (is_inside) {
        x = to_float(*a.x.at(row, i));
#pragma unroll
        for (int k = 0; k < CELLS; k++)
            dy[k] = to_float(*a.dy.at(row, CELLS * i + k));
    }
    const float* weights = a.parameters.weights.at(i, j);
    float frequency = *a.parameters.frequencies.at(i, j);
    float turn = turn_of(x, frequency, *a.parameters.phases.at(i, j));
    float wave = cosine_of(turn);
    float back = dy[1] * weights[0];
#pragma unroll
    for (int k = 1; k < SUMS; k++)
        back = fmaf(dy[k + 1], weights[k * WAVES], back);
    float g = -(sine_of(turn) * back);
#pragma unroll
    for (int k = 0; k < SUMS; k++) {
        sums.parts[k] = fmaf(dy[k + 1], wave, sums.parts[k]);
        sums.biases[k] += dy[k + 1];
    }
    sums.parts[SUMS] = fmaf(g, x, sums.parts[SUMS]);
    sums.parts[SUMS + 1] += g;
    float slope = g * frequency;
    for (int step = WAVES / 2; step > 0; step >>= 1)
        slope += __shfl_xor_sync(0xFFFFFFFFu, slope, step);
    if (is_inside && j == 0 && a.dx.data != 0)
        round_to(fmaf(slope, RADIANS_PER_TURN, dy[0]), *a.dx.at(row, i));
}

DEVICE void write(const PeriodicBackward& a, float value, float* to) { *to = a.accumulate ? value + *to : value; }

KERNEL void __launch_bounds__(WAVES * LANES) periodic_backward(PeriodicBackward a)
{
    __shared__ float of_lanes[LANES][PARTS * WAVES + SUMS];
    int i = blockIdx.x, j = threadIdx.x % WAVES, lane = threadIdx.x / WAVES;
    if (i == a.count) {
        copy_rest(a);
        return;
    }
    Sums sums = {};
    for (size_t start = 0; start < (size_t)a.rows; start += LANES)
        add_row(a, i, j, start + lane, start + lane < (size_t)a.rows, sums);
    if (a.dfrequencies.data == 0)
        return;
#pragma unroll
    for (int k = 0; k < PARTS; k++)
        of_lanes[lane][k * WAVES + j] = sums.parts[k];
    if (j < SUMS)
        of_lanes[lane][PARTS * WAVES + j] = j == 0 ? sums.biases[0] : j == 1 ? sums.biases[1] : sums.biases[2];
    __syncthreads();
    if (threadIdx.x >= PARTS * WAVES + SUMS)
        return;
    float total = 0;
#pragma unroll
    for (int k = 0; k < LANES; k++)
        total += of_lanes[k][threadIdx.x];
    int part = threadIdx.x / WAVES;
    if (part < SUMS)
        write(a, total, a.dweights.at(i, threadIdx.x));
    else if (part == SUMS)
        write(a, total * RADIANS_PER_TURN, a.dfrequencies.at(i, j));
    else if (part == SUMS + 1)
        write(a, total, a.dphases.at(i, j));
    else
        write(a, total, a.dbiases.at(i, j));
}
