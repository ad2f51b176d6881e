using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Tensors of a periodic embedding.</summary>
internal readonly record struct PeriodicArguments
{
    /// <summary>x: (N, C), any storage format; its first n columns are embedded, the others copied.</summary>
    public required Tensor X { get; init; }

    /// <summary>w: (n, 16) Float32.</summary>
    public required Tensor Frequencies { get; init; }

    /// <summary>b: (n, 16) Float32.</summary>
    public required Tensor Phases { get; init; }

    /// <summary>V: (n, 48) Float32.</summary>
    public required Tensor Weights { get; init; }

    /// <summary>c: (n, 3) Float32; backward does not read it.</summary>
    public Tensor Biases { get; init; }

    /// <summary>n.</summary>
    public int Count => Frequencies.Rows;

    /// <summary>Columns that are copied.</summary>
    public int Rest => X.Columns - Count;
}

/// <summary>Where the gradients of a periodic embedding go.</summary>
internal readonly record struct PeriodicGradients
{
    /// <summary>dy: (N, 4n + C − n), any storage format.</summary>
    public required Tensor Dy { get; init; }

    /// <summary>dx: (N, C), any storage format; without an address where it is not wanted.</summary>
    public Tensor Dx { get; init; }

    /// <summary>dw: (n, 16) Float32; without an address where those of the parameters are not wanted.</summary>
    public Tensor Frequencies { get; init; }

    /// <summary>db: (n, 16) Float32.</summary>
    public Tensor Phases { get; init; }

    /// <summary>dV: (n, 48) Float32.</summary>
    public Tensor Weights { get; init; }

    /// <summary>dc: (n, 3) Float32.</summary>
    public Tensor Biases { get; init; }

    /// <summary>Whether those of the parameters are added to what is there.</summary>
    public bool Accumulate { get; init; }
}
