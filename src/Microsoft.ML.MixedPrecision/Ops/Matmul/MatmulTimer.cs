using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Times algorithms of a product, each several times in a graph, since a single launch takes longer than a small
/// product.</summary>
/// <param name="device">The card.</param>
/// <param name="plan">The product.</param>
/// <param name="operands">Its data; C is overwritten.</param>
/// <param name="bias">Address of the bias.</param>
/// <param name="key">Its sizes.</param>
internal sealed class MatmulTimer(CudaDevice device, MatmulPlan plan, MatmulOperands operands, nint bias, MatmulKey key)
{
    private const int Rounds = 3;
    private const int MostRepetitions = 20;

    /// <summary>Operations of one round, about 25 µs of work: enough for the clock of events, which ticks in half microseconds.</summary>
    private const double RoundOperations = 2e10;

    /// <summary>A later candidate, estimated to be slower, must be faster by so much: what differs less is noise.</summary>
    private const float Margin = 0.99f;

    /// <summary>The fastest.</summary>
    /// <param name="candidates">At least one.</param>
    public cublasLtMatmulAlgo_t Fastest(IReadOnlyList<cublasLtMatmulHeuristicResult_t> candidates)
    {
        int best = 0;
        float shortest = float.PositiveInfinity;
        for (int i = 0; i < candidates.Count; i++)
        {
            float time = Time(candidates[i].algo);
            if (time < shortest * Margin)
            {
                (best, shortest) = (i, time);
            }
        }
        return candidates[best].algo;
    }

    private float Time(cublasLtMatmulAlgo_t algorithm)
    {
        plan.Use(algorithm);
        double operations = 2.0 * key.Shape.M * key.Shape.N * key.Shape.K * key.Batch.Products;
        int repetitions = (int)Math.Clamp(RoundOperations / operations, 1, MostRepetitions);
        device.Synchronize();
        using CudaGraph graph = device.Capture(stream =>
        {
            for (int i = 0; i < repetitions; i++)
            {
                plan.Run(operands, bias, stream);
            }
        });
        using CudaEvent start = new(device.Context, CUevent_flags.CU_EVENT_DEFAULT),
            end = new(device.Context, CUevent_flags.CU_EVENT_DEFAULT);
        float shortest = float.PositiveInfinity;
        for (int round = 0; round <= Rounds; round++)
        {
            start.Record(device.Stream);
            graph.Launch(device.Stream);
            end.Record(device.Stream);
            end.Synchronize();
            if (round > 0)
            {
                shortest = Math.Min(shortest, end.MillisecondsSince(start) / repetitions);
            }
        }
        return shortest;
    }
}
