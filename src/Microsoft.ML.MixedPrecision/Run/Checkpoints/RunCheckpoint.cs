using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>All that a run is between two steps: from it the run goes on, in another process too, with the bits of one that was never
/// stopped.</summary>
internal sealed record RunCheckpoint
{
    private const string Float32 = "F32", PlanName = "plan", RunName = "run", BestPrefix = "best/";

    /// <summary>The plan.</summary>
    public required TrainingState State { get; init; }

    /// <summary>The rest of the run.</summary>
    public required RunSnapshot Snapshot { get; init; }

    /// <summary>The network's matrices, by their names, as of the epoch with the smallest validation loss; none before there is
    /// one.</summary>
    public IReadOnlyList<StateTensor> Best { get; init; } = [];

    /// <summary>Attempted steps: checkpoints of a run sort by it.</summary>
    public long Attempts => State.Run.Attempts;

    /// <summary>Whether no step follows: who resumes from it gets the model at once.</summary>
    public bool IsFinished => Snapshot.End is not null;

    /// <summary>The same as texts and tensors.</summary>
    public CheckpointContents ToContents() => new(
        new Dictionary<string, string>
        {
            [PlanName] = JsonSerializer.Serialize(PlanText.Of(State), CheckpointJson.Default.PlanText),
            [RunName] = JsonSerializer.Serialize(Snapshot, CheckpointJson.Default.RunSnapshot),
        },
        [.. State.Tensors.Select(tensor => ToTensor(tensor, "")), .. Best.Select(tensor => ToTensor(tensor, BestPrefix))]);

    /// <summary>The reverse of <see cref="ToContents"/>; texts of other names are left to whoever wrote them.</summary>
    /// <param name="contents">Texts and tensors.</param>
    /// <exception cref="InvalidDataException">Something is missing or malformed.</exception>
    public static RunCheckpoint FromContents(CheckpointContents contents)
    {
        ILookup<bool, CheckpointTensor> tensors = contents.Tensors.ToLookup(
            tensor => tensor.Name.StartsWith(BestPrefix, StringComparison.Ordinal));
        return new RunCheckpoint
        {
            State = Parse(contents, PlanName, CheckpointJson.Default.PlanText).ToState(
                [.. tensors[false].Select(tensor => OfTensor(tensor, ""))]),
            Snapshot = Parse(contents, RunName, CheckpointJson.Default.RunSnapshot),
            Best = [.. tensors[true].Select(tensor => OfTensor(tensor, BestPrefix))],
        };
    }

    private static T Parse<T>(CheckpointContents contents, string name, JsonTypeInfo<T> type)
        where T : class
    {
        if (!contents.Texts.TryGetValue(name, out string? text))
        {
            throw new InvalidDataException($"The checkpoint has no text '{name}'.");
        }

        try
        {
            return JsonSerializer.Deserialize(text, type)
                ?? throw new InvalidDataException($"The checkpoint's text '{name}' says nothing.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"The checkpoint's text '{name}' is malformed: {exception.Message}", exception);
        }
    }

    private static CheckpointTensor ToTensor(StateTensor tensor, string prefix)
        => new(prefix + tensor.Name, Float32, [tensor.Rows, tensor.Columns], MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray());

    private static StateTensor OfTensor(CheckpointTensor tensor, string prefix)
    {
        if (tensor.DType != Float32 || tensor.Shape.Count != 2 || tensor.Bytes.Length != tensor.Shape[0] * tensor.Shape[1] * sizeof(float))
        {
            throw new InvalidDataException(
                $"The checkpoint's tensor '{tensor.Name}' is {tensor.DType} ({string.Join(", ", tensor.Shape)}) in "
                    + $"{tensor.Bytes.Length} bytes, not an F32 matrix.");
        }

        return new StateTensor(
            tensor.Name[prefix.Length..], (int)tensor.Shape[0], (int)tensor.Shape[1], MemoryMarshal.Cast<byte, float>(tensor.Bytes)
                .ToArray());
    }
}
