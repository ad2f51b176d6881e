using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Which rows of a matrix are an example's: from its predecessor's end, 0 for the first, up to its own; rows behind the last
/// end are of none. Field by field <c>ExamplePlaces</c> of example_places.cuh.</summary>
/// <param name="Ends">Address of N Int32 on the device; 0 where each example has <see cref="Steps"/> rows.</param>
/// <param name="Examples">N.</param>
/// <param name="Steps">The most rows of an example.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe record struct ExamplePlaces(nint Ends, int Examples, int Steps)
{
    /// <summary>Rows of an example, in memory that the host reaches: the first and the one behind the last.</summary>
    public (int First, int End) Of(int example)
    {
        int* ends = (int*)Ends;
        return ends is null
            ? (example * Steps, (example + 1) * Steps)
            : (example == 0 ? 0 : ends[example - 1], ends[example]);
    }

    /// <summary>The first row of no example, in memory that the host reaches.</summary>
    public int Rest => Examples == 0 ? 0 : Of(Examples - 1).End;
}
