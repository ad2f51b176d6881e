using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>The scalar part of a step on a graphics card (commit.cu): what is decided there, the host does not read.</summary>
internal static class StepKernels
{
    private const int CheckThreads = 256;

    /// <summary>Adds the start of a step: no loss yet, nothing that is not finite.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">What it works on.</param>
    /// <param name="rows">Rows of the step.</param>
    /// <param name="positions">Its labelled positions; 0 where they have been written already.</param>
    public static void Begin(CudaDevice device, in CommitArguments arguments, int rows, int positions)
        => Launch(device, "step_begin", arguments with { Rows = rows, Positions = positions });

    /// <summary>Adds the end of a micro-batch of so many rows.</summary>
    public static void AdvanceCursor(CudaDevice device, in CommitArguments arguments, int rows)
        => Launch(device, "advance_cursor", arguments with { Rows = rows });

    /// <summary>Adds finite check, norm, clipping, decision, record and update of the loss scale, before the optimizer.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">What it works on.</param>
    /// <param name="rows">Rows that the cursor goes over; 0 where it has.</param>
    public static void Commit(CudaDevice device, in CommitArguments arguments, int rows)
        => device.Launch(
            Kernel("commit"),
            (FiniteCheckKernel.CountPartials(arguments.Elements), 1),
            CheckThreads,
            arguments with { Rows = rows });

    /// <summary>Adds, behind the decision, that what layers learn without gradient is committed where the step is.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="phase">Address of the phase's <see cref="PhaseBlock"/>.</param>
    /// <param name="states">The states.</param>
    public static void CommitStates(CudaDevice device, nint phase, StateArenas states)
        => device.LaunchOver(
            new KernelVariant("commit_states.cu", "commit_states"),
            states.Elements,
            new CommitStatesArguments(phase, states.Staged, states.Committed, states.Elements));

    private static void Launch(CudaDevice device, string function, in CommitArguments arguments)
        => device.Launch(Kernel(function), (1, 1), 1, arguments);

    private static KernelVariant Kernel(string function) => new("commit.cu", function);

    private readonly record struct CommitStatesArguments(nint Phase, nint Staged, nint Committed, long Elements);
}

/// <summary><c>Commit</c> of commit.cu, field by field; all addresses are the card's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CommitArguments
{
    /// <summary>The run's <see cref="RunBlock"/>.</summary>
    public nint Run { get; init; }

    /// <summary>The phase's <see cref="PhaseBlock"/>.</summary>
    public nint Phase { get; init; }

    /// <summary>The ring of <see cref="StepRecord"/>s.</summary>
    public nint Records { get; init; }

    /// <summary>Receives what each block of the finite check found: <see cref="FiniteCheckKernel.CountPartials"/> of them.</summary>
    public nint Partials { get; init; }

    /// <summary>The parameters' places in the arenas.</summary>
    public nint Ranges { get; init; }

    /// <summary>A Float32: the learning rate of the next step.</summary>
    public nint LearningRate { get; init; }

    /// <summary>All gradients, Float32.</summary>
    public nint Gradients { get; init; }

    /// <summary>A UInt32 that is 0 between launches.</summary>
    public nint Counter { get; init; }

    /// <summary>Elements of the gradients.</summary>
    public long Elements { get; init; }

    /// <summary>16-bit weights without master.</summary>
    public long PlainWeights { get; init; }

    /// <summary>The loss scale's rule.</summary>
    public LossScaleRule Rule { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public RateSchedule Schedule { get; init; }

    /// <summary>How the share of the weight decay changes.</summary>
    public RegularizationCourse Regularization { get; init; }

    /// <summary>Largest norm of the true gradient; 0 for none.</summary>
    public float ClipNorm { get; init; }

    /// <summary>Largest element of the true gradient; 0 for none.</summary>
    public float ClipValue { get; init; }

    /// <summary>β₁, for the correction of the first moment.</summary>
    public float Beta1 { get; init; }

    /// <summary>β₂, for the correction of the second moment.</summary>
    public float Beta2 { get; init; }

    /// <summary><see cref="OptimizerSettings.LargestNorm"/>.</summary>
    public float LargestNorm { get; init; }

    /// <summary>Number of parameters.</summary>
    public int RangeCount { get; init; }

    /// <summary>Records of the ring.</summary>
    public int Capacity { get; init; }

    /// <summary>Rows of the step, or those that the cursor goes over.</summary>
    public int Rows { get; init; }

    /// <summary>Labelled positions of the step; 0 where the host has written them.</summary>
    public int Positions { get; init; }
}
