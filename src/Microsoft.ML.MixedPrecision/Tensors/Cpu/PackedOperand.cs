using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>
/// op(B) of a product, (K, N), converted to Float32 and laid out in the order the CPU kernel reads it, for weights that are
/// used many times. Fits devices of the <see cref="SimdPath"/> it was packed with. Owns its memory.
/// </summary>
internal sealed class PackedOperand : IDisposable
{
    private readonly CpuMemory _memory;

    /// <summary>Room for a (depth, columns) operand in panels of <paramref name="panelWidth"/> columns.</summary>
    internal PackedOperand(NumericFormat format, int depth, int columns, SimdPath path, int panelWidth)
    {
        (Format, Depth, Columns, Path) = (format, depth, columns, path);
        long panels = (columns + panelWidth - 1) / panelWidth;
        _memory = new CpuMemory(panels * panelWidth * depth * sizeof(float));
    }

    /// <summary>The operand format; the other operand must have the same.</summary>
    public NumericFormat Format { get; }

    /// <summary>K.</summary>
    public int Depth { get; }

    /// <summary>N.</summary>
    public int Columns { get; }

    /// <summary>The vector width whose panels these are.</summary>
    public SimdPath Path { get; }

    /// <summary>The first panel.</summary>
    internal unsafe float* Panels => (float*)_memory.Address;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
