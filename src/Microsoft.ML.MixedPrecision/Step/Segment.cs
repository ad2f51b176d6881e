using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>What a segment of a step does, in this order.</summary>
[Flags]
internal enum SegmentWork
{
    /// <summary>Gather, forward, losses and backward of a micro-batch.</summary>
    Accumulate = 1,

    /// <summary>What the devices of a run do together with what each has accumulated.</summary>
    Reduce = 2,

    /// <summary>Finite check, norm, clipping, optimizer, staged states, loss scale, record.</summary>
    Commit = 4,

    /// <summary>A step up to its gradients and its loss, which are left for a look.</summary>
    Gradients = Accumulate | Reduce,

    /// <summary>A whole step.</summary>
    All = Gradients | Commit,
}

/// <summary>Fixed work on fixed memory: on a card one graph.</summary>
/// <param name="Work">What it does.</param>
/// <param name="Batch">The micro-batch that it accumulates.</param>
internal readonly record struct Segment(SegmentWork Work, MicroBatch Batch)
{
    /// <summary>Whether it does some work.</summary>
    public bool Does(SegmentWork work) => (Work & work) != 0;
}

/// <summary>The rows that a segment takes from the epoch's order.</summary>
/// <param name="Size">What the micro-batch has.</param>
/// <param name="StepRows">Rows of the whole step, over all its micro-batches.</param>
/// <param name="StepPositions">Labelled positions of the whole step where they are its rows, and so no more graphs than numbers of rows; 0
/// where they vary by themselves and are written before.</param>
/// <param name="First">Whether this is the step's first micro-batch, whose gradients overwrite.</param>
/// <param name="Measure">Whether the probes run.</param>
internal readonly record struct MicroBatch(BatchSize Size, int StepRows, int StepPositions, bool First, bool Measure)
{
    /// <summary>Rows of the micro-batch.</summary>
    public int Rows => Size.Examples;
}
