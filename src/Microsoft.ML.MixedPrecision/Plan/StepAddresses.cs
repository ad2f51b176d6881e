using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Addresses of the blocks of a <see cref="StepMemory"/>, and of their fields, in a card's memory.</summary>
/// <remarks>Taken from offsets within a block on the stack: the address of a field behind a pointer makes the runtime look whether the
/// pointer
/// can be read, which a card's memory cannot.</remarks>
internal readonly unsafe struct StepAddresses
{
    /// <summary>The blocks of a memory: the run, the phase, the records.</summary>
    /// <param name="memory">Its address.</param>
    public StepAddresses(nint memory)
    {
        RunBlock run;
        PhaseBlock phase;
        byte* startOfRun = (byte*)&run, startOfPhase = (byte*)&phase;
        Run = memory;
        Cursor = Run + (nint)((byte*)&run.Cursor - startOfRun);
        Position = Run + (nint)((byte*)&run.Position - startOfRun);
        Phase = Run + sizeof(RunBlock);
        Scale = Phase + (nint)((byte*)&phase.Scale.Scale - startOfPhase);
        Positions = Phase + (nint)((byte*)&phase.Commit.Positions - startOfPhase);
        Loss = Phase + (nint)((byte*)&phase.Commit.Loss - startOfPhase);
        FirstNonFinite = Phase + (nint)((byte*)&phase.Commit.FirstNonFinite - startOfPhase);
        LostUpdates = Phase + (nint)((byte*)&phase.Commit.LostUpdates - startOfPhase);
        Scalars = Phase + (nint)((byte*)&phase.Scalars - startOfPhase);
        Records = Phase + sizeof(PhaseBlock);
    }

    /// <summary>The run's <see cref="RunBlock"/>.</summary>
    public nint Run { get; }

    /// <summary>The phase's <see cref="PhaseBlock"/>.</summary>
    public nint Phase { get; }

    /// <summary>The ring of records behind them.</summary>
    public nint Records { get; }

    /// <summary>The loss scale, Float32.</summary>
    public nint Scale { get; }

    /// <summary>Labelled positions of the step, Int32.</summary>
    public nint Positions { get; }

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

    /// <summary>What losses need of a step.</summary>
    public LossPlaces Losses => new() { Scale = Scale, Positions = Positions, Loss = Loss, FirstNonFinite = FirstNonFinite };

    /// <summary>What the optimizer reads.</summary>
    public nint Scalars { get; }
}
