using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>What one block of finite_check.cu found: <c>FinitePartial</c> of finite_check.cuh, field by field.</summary>
/// <param name="Squares">Σ gᵢ²; not finite exactly where an element is not.</param>
/// <param name="FirstNonFinite">Number of the first such element; −1 for none.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FinitePartial(double Squares, long FirstNonFinite);
