using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The gradients of the biases of k members, whose rows are in turn: dbᵢⱼ = Σₙ dz[n·k + i, j], each in the order of a bias alone
/// (<see cref="BiasGradient"/>).
/// </summary>
internal static class MemberBiasGradient
{
    /// <summary>Bytes of working memory that the card needs for so many rows or fewer.</summary>
    /// <param name="rows">N·k.</param>
    /// <param name="columns">C.</param>
    /// <param name="members">k.</param>
    public static long CudaScratchBytes(int rows, int columns, int members)
        => Math.Max(
            BiasGradient.CudaScratchBytes(rows / members, columns),
            BiasGradient.CudaScratchBytes(rows / members, checked(columns * members)));

    /// <summary>db = (accumulate ? db : 0) + sums of dz.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dz">(N·k, C), any storage format.</param>
    /// <param name="dbias">(k, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(Device device, Tensor dz, Tensor dbias, bool accumulate)
    {
        if (device is CudaDevice cuda)
        {
            Run(cuda, ActivationKind.None, dz, default, dz, dbias, accumulate);
            return;
        }

        for (int member = 0; member < dbias.Rows; member++)
        {
            BiasGradient.Run(
                (CpuDevice)device,
                MatmulMembers.InTurn(dz, member, dbias.Rows),
                MatmulMembers.Stacked(dbias, member, dbias.Rows),
                accumulate);
        }
    }

    /// <summary>Adds dz = x ⊙ act′(saved), rounded once, and the sums of that dz to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">The activation; with <see cref="ActivationKind.None"/> x must be dz.</param>
    /// <param name="x">(N·k, C), any storage format.</param>
    /// <param name="saved">(N·k, C): what <see cref="Activations.SavesOutput"/> says.</param>
    /// <param name="dz">(N·k, C), any storage format; may be <paramref name="x"/>.</param>
    /// <param name="dbias">(k, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(CudaDevice device, ActivationKind kind, Tensor x, Tensor saved, Tensor dz, Tensor dbias, bool accumulate)
    {
        int members = dbias.Rows;
        if (AreOneMatrix(x, saved, dz, dbias))
        {
            BiasGradient.Run(
                device, kind, OneRow(x, members), OneRow(saved, members), OneRow(dz, members), OneRow(dbias, members), accumulate);
            return;
        }

        for (int member = 0; member < members; member++)
        {
            BiasGradient.Run(
                device,
                kind,
                MatmulMembers.InTurn(x, member, members),
                MatmulMembers.InTurn(saved, member, members),
                MatmulMembers.InTurn(dz, member, members),
                MatmulMembers.Stacked(dbias, member, members),
                accumulate);
        }
    }

    /// <summary>Whether an example's rows follow one another without padding between, so that they are one row of k·C columns and all
    /// biases are summed at once.</summary>
    private static bool AreOneMatrix(in Tensor x, in Tensor saved, in Tensor dz, in Tensor dbias)
        => dbias.Rows == 1 || (IsDense(x) && IsDense(saved) && IsDense(dz) && IsDense(dbias));

    private static bool IsDense(in Tensor tensor) => tensor.Pitch == tensor.Columns;

    private static Tensor OneRow(in Tensor rows, int members) => members == 1 ? rows : rows with
    {
        Rows = rows.Rows / members,
        Columns = checked(rows.Columns * members),
        Pitch = checked(rows.Pitch * members),
    };
}
