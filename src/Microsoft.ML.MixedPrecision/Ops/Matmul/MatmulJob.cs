using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Parts of a product: band × strip of C.</summary>
internal readonly struct MatmulJob(CpuDevice device, in MatmulArguments arguments, MatmulShape shape, MatmulTiling tiling) : IParallelJob
{
    private readonly MatmulArguments _arguments = arguments;

    /// <inheritdoc/>
    public void Run(int part)
    {
        var kernel = new MatmulPart(device, _arguments, shape, tiling, part);
        device.Path.Dispatch(ref kernel);
    }
}
