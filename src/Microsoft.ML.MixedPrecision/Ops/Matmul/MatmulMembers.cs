using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The products of members (<see cref="MatmulArguments.Members"/>), each by itself or as one batch.</summary>
internal static unsafe class MatmulMembers
{
    /// <summary>Whether there are several.</summary>
    /// <param name="arguments">All of them.</param>
    public static bool AreSeveral(in MatmulArguments arguments) => arguments.Members > 1;

    /// <summary>One member's product.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="member">Which.</param>
    /// <exception cref="ArgumentException">The rows cannot be divided among the members.</exception>
    public static MatmulArguments Of(in MatmulArguments all, int member)
    {
        int members = all.Members;
        return all with
        {
            A = InTurn(all.A, member, members),
            B = all.TransposeA ? InTurn(all.B, member, members) : Stacked(all.B, member, members),
            C = all.TransposeA ? Stacked(all.C, member, members) : InTurn(all.C, member, members),
            Bias = Stacked(all.Bias, member, members),
            PreActivation = InTurn(all.PreActivation, member, members),
            Saved = InTurn(all.Saved, member, members),
            Members = 0,
        };
    }

    /// <summary>Where a card finds the second member's matrices behind the first one's, and so on.</summary>
    /// <param name="all">All of them, C as it is written.</param>
    public static MatmulBatch BatchOf(in MatmulArguments all)
    {
        MatmulArguments first = Of(all, 0), second = Of(all, 1);
        return new MatmulBatch(
            all.Members,
            Stride(first.A, second.A),
            Stride(first.B, second.B),
            Stride(first.C, second.C),
            Stride(first.Bias, second.Bias));
    }

    /// <summary>Rows that lie k pitches apart; what lies between belongs to the others, so that the padding alone is this one's.</summary>
    /// <param name="rows">(M·k, C), or none.</param>
    /// <param name="member">Which member's.</param>
    /// <param name="members">k.</param>
    /// <exception cref="ArgumentException">The rows cannot be divided among the members.</exception>
    public static Tensor InTurn(in Tensor rows, int member, int members)
        => rows with
        {
            Address = rows.Address == 0 ? 0 : (nint)rows.Row(member),
            Rows = Share(rows.Rows, members),
            Pitch = checked(rows.Pitch * members),
        };

    /// <summary>A member's part of a parameter.</summary>
    /// <param name="all">(k·M, C), or none.</param>
    /// <param name="member">Which member's.</param>
    /// <param name="members">k.</param>
    /// <exception cref="ArgumentException">The rows cannot be divided among the members.</exception>
    public static Tensor Stacked(in Tensor all, int member, int members)
    {
        int rows = Share(all.Rows, members);
        return all with { Address = all.Address == 0 ? 0 : (nint)all.Row(member * rows), Rows = rows };
    }

    private static int Share(int rows, int members)
        => rows % members == 0 ? rows / members : throw new ArgumentException(
            $"{rows} rows cannot be divided among {members} members; give whole examples, and weights for each member.");

    private static long Stride(in Tensor first, in Tensor second)
        => first.Address == 0 ? 0 : (second.Address - first.Address) / first.Format.BytesPerElement();
}
