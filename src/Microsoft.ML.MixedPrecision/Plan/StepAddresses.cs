namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Addresses of a <see cref="StepBlock"/>'s fields in a card's memory.</summary>
/// <remarks>Taken from offsets within a block on the stack: the address of a field behind a pointer makes the runtime look whether the pointer
/// can be read, which a card's memory cannot.</remarks>
internal readonly unsafe struct StepAddresses
{
    /// <summary>The fields of a block.</summary>
    /// <param name="block">Its address.</param>
    public StepAddresses(nint block)
    {
        StepBlock local;
        byte* start = (byte*)&local;
        Block = block;
        Records = block + sizeof(StepBlock);
        Scale = block + (nint)((byte*)&local.Scale.Scale - start);
        Rows = block + (nint)((byte*)&local.Commit.Rows - start);
        Loss = block + (nint)((byte*)&local.Commit.Loss - start);
        FirstNonFinite = block + (nint)((byte*)&local.Commit.FirstNonFinite - start);
        LostUpdates = block + (nint)((byte*)&local.Commit.LostUpdates - start);
        Cursor = block + (nint)((byte*)&local.Run.Cursor - start);
        Position = block + (nint)((byte*)&local.Position - start);
        Scalars = block + (nint)((byte*)&local.Scalars - start);
    }

    /// <summary>The block.</summary>
    public nint Block { get; }

    /// <summary>The ring of records behind it.</summary>
    public nint Records { get; }

    /// <summary>The loss scale, Float32.</summary>
    public nint Scale { get; }

    /// <summary>Rows of the step, Int32.</summary>
    public nint Rows { get; }

    /// <summary>The loss, binary64.</summary>
    public nint Loss { get; }

    /// <summary>Where the first value that is not finite was met, Int32.</summary>
    public nint FirstNonFinite { get; }

    /// <summary>Updates that left a weight unchanged, Int64.</summary>
    public nint LostUpdates { get; }

    /// <summary>Position in the epoch's order, Int64.</summary>
    public nint Cursor { get; }

    /// <summary>Where the step stands, an <see cref="Graph.StepPosition"/>.</summary>
    public nint Position { get; }

    /// <summary>What the optimizer reads.</summary>
    public nint Scalars { get; }
}
