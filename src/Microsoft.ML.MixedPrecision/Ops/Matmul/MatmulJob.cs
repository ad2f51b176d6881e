using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Parts of a strip of a product: band × cut of C.</summary>
internal readonly struct MatmulJob(
    CpuDevice device,
    in MatmulArguments arguments,
    in MatmulShape shape,
    in MatmulTiling tiling,
    MatmulStrip strip) : IParallelJob
{
    private readonly MatmulArguments _arguments = arguments;
    private readonly MatmulShape _shape = shape;
    private readonly MatmulTiling _tiling = tiling;

    /// <inheritdoc/>
    public void Run(int part)
    {
        var kernel = new MatmulPart(device, _arguments, _shape, _tiling, strip, part);
        device.Path.Dispatch(ref kernel);
    }
}
